/** Text of senders that know nothing of encodings: whatever comes becomes valid UTF-8. */

const textEncoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const latin1Decoder = new TextDecoder('windows-1252');

/**
 * UTF-8 of a text that is not valid UTF-8. One without a single sound multi-byte character is taken for Windows-1252
 * (Latin 1 and more), which old devices write; else it is UTF-8 that was damaged or cut, and only what is broken becomes
 * U+FFFD.
 */
export function repairUtf8(bytes: Uint8Array): Uint8Array {
  const text = utf8Decoder.decode(bytes);
  const hasSoundCharacter = /[^\0-\x7f\ufffd]/.test(text);
  return textEncoder.encode(hasSoundCharacter ? text : latin1Decoder.decode(bytes));
}
