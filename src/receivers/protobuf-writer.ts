/**
 * Writes protobuf's wire format into one growing buffer: answers, quarantined records, and JSON on its way to the decoder.
 *
 * The length of a nested message is known only at its end, so `begin` leaves five bytes for it. `end` moves a small message
 * up behind its length; before a large one the length is longer than it needs to be, as a varint may.
 */
import { ByteArena } from '#model/byte-columns.ts';
import { wireTypes } from './protobuf-reader.ts';

const lengthBytes = 5;
const longestVarintBytes = 10;
const textEncoder = new TextEncoder();

export class ProtobufWriter {
  readonly #arena: ByteArena;

  constructor(initialBytes = 256) {
    this.#arena = new ByteArena(initialBytes);
  }

  get length(): number {
    return this.#arena.length;
  }

  /** Empties it; memory beyond `retainBytes` is given back. */
  reset(retainBytes: number): void {
    this.#arena.reset(retainBytes);
  }

  /** What was written, borrowed until the next write. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#arena.bytes.subarray(0, this.#arena.length);
  }

  /** Opens a message in this field; give the result to `end`. */
  begin(field: number): number {
    this.#tag(field, wireTypes.bytes);
    this.#arena.reserve(lengthBytes);
    return (this.#arena.length += lengthBytes);
  }

  end(begun: number): void {
    const arena = this.#arena;
    const contentBytes = arena.length - begun;
    const spare = contentBytes < 1 << 7 ? lengthBytes - 1 : contentBytes < 1 << 14 ? lengthBytes - 2 : 0;
    if (spare > 0) arena.bytes.copyWithin(begun - spare, begun, arena.length);
    let rest = contentBytes;
    const from = begun - lengthBytes;
    for (let at = from; at < begun - spare; at++) {
      arena.bytes[at] = (rest & 0x7f) | (at < begun - spare - 1 ? 0x80 : 0);
      rest >>>= 7;
    }
    arena.length -= spare;
  }

  /** A number of at most 64 bits; a negative one takes ten bytes, as an int32 and int64 do. */
  varint(field: number, value: number | bigint): void {
    this.#tag(field, wireTypes.varint);
    if (typeof value === 'bigint') this.#varint64(BigInt.asUintN(64, value));
    else if (value >= 0 && value < 2 ** 31) this.#arena.varint(value);
    else this.#varint64(BigInt.asUintN(64, BigInt(value)));
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, wireTypes.fixed64);
    this.#arena.view.setBigUint64(this.#advance(8), BigInt.asUintN(64, value), true);
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, wireTypes.fixed32);
    this.#arena.view.setUint32(this.#advance(4), value, true);
  }

  double(field: number, value: number): void {
    this.#tag(field, wireTypes.fixed64);
    this.#arena.view.setFloat64(this.#advance(8), value, true);
  }

  /** A field of bytes, or of text in UTF-8, or a whole message. */
  range(field: number, source: Uint8Array, start: number, end: number): void {
    this.#tag(field, wireTypes.bytes);
    const arena = this.#arena;
    arena.reserve(end - start + lengthBytes);
    arena.varint(end - start);
    arena.bytes.set(source.subarray(start, end), arena.length);
    arena.length += end - start;
  }

  text(field: number, text: string): void {
    const encoded = textEncoder.encode(text);
    this.range(field, encoded, 0, encoded.length);
  }

  /** Makes room for `length` bytes (with what a tag before them takes, see `#tag`) and returns where they begin. */
  #advance(length: number): number {
    const at = this.#arena.length;
    this.#arena.length += length;
    return at;
  }

  /** Reserves the space of a number behind the tag too. */
  #tag(field: number, wireType: number): void {
    this.#arena.reserve(lengthBytes + longestVarintBytes);
    this.#arena.varint(field * 8 + wireType);
  }

  #varint64(value: bigint): void {
    const { bytes } = this.#arena;
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) bytes[this.#arena.length++] = Number(rest & 0x7fn) | 0x80;
    bytes[this.#arena.length++] = Number(rest);
  }
}
