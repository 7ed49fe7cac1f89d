/** What a Forward server says: HELO and PONG of the handshake, and acknowledgements, as MessagePack. */

/** Empty: neither user nor password are asked for. As bytes and not as text, since some senders take nothing else. */
const noSalt = new Uint8Array(0);

/** HELO: asks for the shared key. */
export function helo(nonce: Uint8Array): Buffer {
  const options = [text('nonce'), binary(nonce), text('auth'), binary(noSalt), text('keepalive'), Buffer.of(0xc3)];
  return Buffer.concat([Buffer.of(0x92), text('HELO'), Buffer.of(0x80 | (options.length / 2)), ...options]);
}

/** PONG to a sender that knows a key: `digest` proves that we know it too. */
export function acceptingPong(hostname: string, digest: string): Buffer {
  return Buffer.concat([Buffer.of(0x95), text('PONG'), Buffer.of(0xc3), text(''), text(hostname), text(digest)]);
}

export function refusingPong(reason: string): Buffer {
  return Buffer.concat([Buffer.of(0x95), text('PONG'), Buffer.of(0xc2), text(reason), text(''), text('')]);
}

/** `{ack: chunk}`. */
export function acknowledgement(chunk: string): Buffer {
  return Buffer.concat([Buffer.of(0x81), text('ack'), text(chunk)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const { length } = bytes;
  const head =
    length < 32 ? [0xa0 | length] : length < 0x100 ? [0xd9, length] : length < 0x10000 ? [0xda, length >> 8, length & 0xff] : wide(length);
  return Buffer.concat([Buffer.from(head), bytes]);
}

function wide(length: number): number[] {
  return [0xdb, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
}

/** At most 255 bytes. */
function binary(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0xc4, bytes.length), bytes]);
}
