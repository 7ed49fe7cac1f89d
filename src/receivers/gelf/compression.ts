/** GELF has no word for how a message is compressed: its first bytes say it. */
import { decompress } from '#platform/decompress.ts';

/**
 * The message as JSON text: itself where it is not compressed.
 * @throws AppError malformed_encoding, body_too_large, which names `setting`
 */
export function decompressMessage(message: Uint8Array, maxBytes: number, setting: string): Uint8Array {
  const encoding = encodingOf(message);
  return encoding === undefined ? message : decompress(message, encoding, maxBytes, setting);
}

function encodingOf(message: Uint8Array): string | undefined {
  if (message.length < 4) return undefined;
  const [first, second, third, fourth] = message;
  if (first === 0x1f && second === 0x8b) return 'gzip';
  // RFC 1950: method 8, and the first two bytes a multiple of 31
  if ((first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0) return 'deflate';
  return first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd ? 'zstd' : undefined;
}
