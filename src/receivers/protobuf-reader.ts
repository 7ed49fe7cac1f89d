/**
 * Reads protobuf's wire format (protobuf.dev/programming-guides/encoding) in place: tags, varints, fixed words, ranges.
 *
 * A cursor over borrowed bytes; nothing is built, nothing recurses, nothing behind the given end is looked at. Messages are
 * walked by their decoder: `while (reader.at < end) switch (reader.tag(end)) …`, a tag being `field << 3 | wireType`; what the
 * decoder does not know it gives to `skip`. Called by the OTLP and Loki decoders.
 */

/** The bytes are no message. */
export class MalformedProtobuf extends Error {
  readonly position: number;

  constructor(position: number, reason: string) {
    super(reason);
    this.name = 'MalformedProtobuf';
    this.position = position;
  }
}

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

export class ProtobufReader {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Position of the next byte to read. */
  at = 0;
  /** Words of the last 64-bit number, unsigned. */
  low = 0;
  high = 0;

  /** Looks at these bytes from their beginning; `view` covers the same memory. */
  open(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
    this.at = 0;
  }

  /** A field's tag, in a message that ends at `end`. */
  tag(end: number): number {
    const { at } = this;
    const byte = at < end ? this.bytes[at] : 0;
    if (byte >= 8 && byte < 0x80) {
      this.at = at + 1;
      return byte;
    }
    const tag = this.uint32(end);
    if (tag < 8) throw new MalformedProtobuf(at, 'a field has the number 0');
    return tag;
  }

  /** Reads a length; returns the end of the bytes that begin at `at` then. */
  range(end: number): number {
    const from = this.at;
    const length = this.uint32(end);
    if (length > end - this.at) throw new MalformedProtobuf(from, 'a length reaches behind the end');
    return this.at + length;
  }

  /**
   * The fast path for what most senders write: where the next field is this one and shorter than 128 bytes, moves to its
   * content and returns the end of it; else returns -1 and stays.
   */
  shortRange(tag: number, end: number): number {
    const { at, bytes } = this;
    if (end - at < 2 || bytes[at] !== tag) return -1;
    const length = bytes[at + 1];
    if (length >= 0x80 || length > end - at - 2) return -1;
    this.at = at + 2;
    return at + 2 + length;
  }

  /** A varint of at most 32 bits. */
  uint32(end: number): number {
    const { at } = this;
    const byte = at < end ? this.bytes[at] : 0x80;
    if (byte < 0x80) {
      this.at = at + 1;
      return byte;
    }
    this.varint(end);
    if (this.high !== 0) throw new MalformedProtobuf(at, 'a number is over 32 bits');
    return this.low;
  }

  /** A varint of at most 64 bits, into `low` and `high`. */
  varint(end: number): void {
    const { bytes } = this;
    const from = this.at;
    let low = 0;
    let high = 0;
    for (let at = from, shift = 0; at < end && shift < 70; at++, shift += 7) {
      const byte = bytes[at];
      const bits = byte & 0x7f;
      if (shift < 28) {
        low |= bits << shift;
      } else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else {
        // the tenth byte has one bit; what is above it falls away, as in every decoder
        high |= bits << (shift - 32);
      }
      if (byte >= 0x80) continue;
      this.low = low >>> 0;
      this.high = high >>> 0;
      this.at = at + 1;
      return;
    }
    throw new MalformedProtobuf(from, 'a number has no end');
  }

  /** A fixed64, into `low` and `high`. */
  fixed64(end: number): void {
    const { at, view } = this;
    this.#advance(8, end);
    this.low = view.getUint32(at, true);
    this.high = view.getUint32(at + 4, true);
  }

  fixed32(end: number): number {
    const { at } = this;
    this.#advance(4, end);
    return this.view.getUint32(at, true);
  }

  double(end: number): number {
    const { at } = this;
    this.#advance(8, end);
    return this.view.getFloat64(at, true);
  }

  /** Over the value of a field that nobody asked for; groups too. */
  skip(tag: number, end: number): void {
    let open = 0;
    for (let next = tag; ; next = this.tag(end)) {
      switch (next & 7) {
        case wireTypes.varint:
          this.varint(end);
          break;
        case wireTypes.fixed64:
          this.#advance(8, end);
          break;
        case wireTypes.bytes:
          this.at = this.range(end);
          break;
        case wireTypes.groupStart:
          open++;
          break;
        case wireTypes.groupEnd:
          if (--open < 0) throw new MalformedProtobuf(this.at, 'a group ends that has not begun');
          break;
        case wireTypes.fixed32:
          this.#advance(4, end);
          break;
        default:
          throw new MalformedProtobuf(this.at, `wire type ${next & 7} does not exist`);
      }
      if (open === 0) return;
    }
  }

  #advance(length: number, end: number): void {
    if (length > end - this.at) throw new MalformedProtobuf(this.at, 'the message is cut short');
    this.at += length;
  }
}
