/**
 * A reader of MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) that moves over bytes and builds
 * nothing: `next` describes one value in its fields and stands behind it, or behind the head of an array or a map.
 *
 * Never looks at or behind `end`; bytes that are cut short or no MessagePack throw MalformedMessagePack. Used by the
 * Forward receiver; one instance serves all messages.
 */

/** The bytes are not MessagePack, or end within a value. */
export class MalformedMessagePack extends Error {
  readonly position: number;

  constructor(position: number, expected: string) {
    super(`expected ${expected}`);
    this.name = 'MalformedMessagePack';
    this.position = position;
  }
}

export const valueTypes = { nil: 0, boolean: 1, integer: 2, float: 3, string: 4, binary: 5, array: 6, map: 7, extension: 8 } as const;

/** Type of each first byte; 255 for the one that is never used. */
const typeOf = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte <= 0x7f || byte >= 0xe0) return valueTypes.integer;
  if (byte <= 0x8f) return valueTypes.map;
  if (byte <= 0x9f) return valueTypes.array;
  if (byte <= 0xbf) return valueTypes.string;
  if (byte === 0xc0) return valueTypes.nil;
  if (byte === 0xc1) return 255;
  if (byte <= 0xc3) return valueTypes.boolean;
  if (byte <= 0xc6) return valueTypes.binary;
  if (byte <= 0xc9) return valueTypes.extension;
  if (byte <= 0xcb) return valueTypes.float;
  if (byte <= 0xd3) return valueTypes.integer;
  if (byte <= 0xd8) return valueTypes.extension;
  if (byte <= 0xdb) return valueTypes.string;
  return byte <= 0xdd ? valueTypes.array : valueTypes.map;
});

/** Bytes of the head by its first byte: with the length field, or with the number itself. */
const headBytes = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0xc4 || byte >= 0xe0) return 1;
  // bin, ext, float, uint, int, fixext, str, array, map, in the order of their bytes
  return [2, 3, 5, 3, 4, 6, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 2, 2, 2, 2, 2, 2, 3, 5, 3, 5, 3, 5][byte - 0xc4];
});

export class MessagePackReader {
  bytes: Uint8Array = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;

  /** Of the last value: valueTypes. */
  type = 0;
  /** Where the content of a string, binary or extension begins and ends; of any other value the value itself. */
  from = 0;
  to = 0;
  /** Elements of an array, pairs of a map. */
  count = 0;
  /** A number; exact for integers below 2^53. 1 for true, 0 for false. */
  number = 0;
  /** The exact integer where `number` is not. */
  big: bigint | undefined;
  /** Type of an extension, -128 to 127. */
  extension = 0;

  /** Reads `start .. end` from here on. */
  open(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.bytes = bytes;
    this.view = view;
    this.at = start;
    this.end = end;
  }

  /** Reads a value: what it is stands in the fields, `at` behind it or behind the head of a container. Returns its type. */
  next(): number {
    const { bytes, at } = this;
    if (at >= this.end) throw new MalformedMessagePack(at, 'a value');
    const byte = bytes[at];
    const type = typeOf[byte];
    const headEnd = at + headBytes[byte];
    if (headEnd > this.end) throw new MalformedMessagePack(at, 'a whole value');
    this.type = type;
    this.from = at;
    this.at = headEnd;
    switch (type) {
      case valueTypes.string:
        this.#content(byte <= 0xbf ? byte & 0x1f : this.#length(byte - 0xd9));
        break;
      case valueTypes.map:
        this.count = byte <= 0x8f ? byte & 0x0f : this.#length(byte - 0xdd);
        break;
      case valueTypes.array:
        this.count = byte <= 0x9f ? byte & 0x0f : this.#length(byte - 0xdb);
        break;
      case valueTypes.integer:
        this.#integer(byte);
        break;
      case valueTypes.binary:
        this.#content(this.#length(byte - 0xc4));
        break;
      case valueTypes.float:
        this.number = byte === 0xca ? this.view.getFloat32(at + 1) : this.view.getFloat64(at + 1);
        break;
      case valueTypes.boolean:
        this.number = byte & 1;
        break;
      case valueTypes.extension:
        this.extension = this.view.getInt8(headEnd - 1);
        this.#content(byte >= 0xd4 ? 1 << (byte - 0xd4) : this.#length(byte - 0xc7));
        break;
      case valueTypes.nil:
        break;
      default:
        throw new MalformedMessagePack(at, 'a value, not the byte 0xc1');
    }
    return type;
  }

  /** Passes over `values` values with all that is in them. */
  skip(values = 1): void {
    for (let open = values; open > 0; open--) {
      const type = this.next();
      if (type === valueTypes.array) open += this.count;
      else if (type === valueTypes.map) open += this.count * 2;
    }
  }

  /** The length field of the value at `from`: 1, 2 or 4 bytes for width 0, 1, 2. */
  #length(width: number): number {
    const at = this.from + 1;
    return width === 0 ? this.bytes[at] : width === 1 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  #content(length: number): void {
    this.from = this.at;
    this.to = this.at + length;
    if (this.to > this.end) throw new MalformedMessagePack(this.at, `${length} bytes`);
    this.at = this.to;
  }

  #integer(byte: number): void {
    const { view } = this;
    const at = this.from + 1;
    this.big = undefined;
    if (byte <= 0x7f) this.number = byte;
    else if (byte >= 0xe0) this.number = byte - 0x100;
    else if (byte === 0xcc) this.number = this.bytes[at];
    else if (byte === 0xcd) this.number = view.getUint16(at);
    else if (byte === 0xce) this.number = view.getUint32(at);
    else if (byte === 0xd0) this.number = view.getInt8(at);
    else if (byte === 0xd1) this.number = view.getInt16(at);
    else if (byte === 0xd2) this.number = view.getInt32(at);
    else this.#wideInteger(byte === 0xcf ? view.getUint32(at) : view.getInt32(at));
  }

  #wideInteger(high: number): void {
    this.number = high * 2 ** 32 + this.view.getUint32(this.from + 5);
    if (!Number.isSafeInteger(this.number)) this.big = (BigInt(high) << 32n) | BigInt(this.view.getUint32(this.from + 5));
  }
}

/** Finds where a message ends in bytes that arrive piece by piece, without looking at a value twice. */
export class MessageFramer {
  readonly #maxBytes: number;
  /** Bytes of the message looked at so far. */
  #scanned = 0;
  /** Values still to come. */
  #open = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Position behind the message that begins at `start`, -1 where it is not complete yet: then call again with the same
   * message and more bytes.
   * @throws MalformedMessagePack; RangeError where the message is larger than the bound or must become so
   */
  endOf(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    let at = start + this.#scanned;
    while (this.#open > 0) {
      if (at >= end) return this.#wait(at - start);
      const byte = bytes[at];
      const head = headBytes[byte];
      if (at + head > end) return this.#wait(at - start);
      const type = typeOf[byte];
      let next = at + head;
      let children = 0;
      if (type === valueTypes.map) children = 2 * (byte <= 0x8f ? byte & 0x0f : lengthAt(view, at + 1, byte - 0xdd));
      else if (type === valueTypes.array) children = byte <= 0x9f ? byte & 0x0f : lengthAt(view, at + 1, byte - 0xdb);
      else if (type === valueTypes.string) next += byte <= 0xbf ? byte & 0x1f : lengthAt(view, at + 1, byte - 0xd9);
      else if (type === valueTypes.binary) next += lengthAt(view, at + 1, byte - 0xc4);
      else if (type === valueTypes.extension) next += byte >= 0xd4 ? 1 << (byte - 0xd4) : lengthAt(view, at + 1, byte - 0xc7);
      else if (type === 255) throw new MalformedMessagePack(at, 'a value, not the byte 0xc1');
      // each value still to come takes a byte at least
      if (next - start + this.#open - 1 + children > this.#maxBytes) throw new RangeError('the message is too large');
      if (next > end) return this.#wait(at - start);
      this.#open += children - 1;
      at = next;
    }
    this.restart();
    return at;
  }

  /** Forgets the message begun. */
  restart(): void {
    this.#scanned = 0;
    this.#open = 1;
  }

  #wait(scanned: number): number {
    this.#scanned = scanned;
    return -1;
  }
}

function lengthAt(view: DataView, at: number, width: number): number {
  return width === 0 ? view.getUint8(at) : width === 1 ? view.getUint16(at) : view.getUint32(at);
}
