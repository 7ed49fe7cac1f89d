/** MessagePack of JavaScript values, for tests and benches: numbers are integers where they are whole. */

/** A value to be written as an extension. */
export class Extension {
  readonly type: number;
  readonly data: Uint8Array;

  constructor(type: number, data: Uint8Array) {
    this.type = type;
    this.data = data;
  }
}

/** Forward's EventTime. */
export function eventTime(seconds: number, nanos: number): Extension {
  const data = Buffer.alloc(8);
  data.writeUInt32BE(seconds, 0);
  data.writeUInt32BE(nanos, 4);
  return new Extension(0, data);
}

/** Bytes that are already MessagePack. */
export class Packed {
  readonly bytes: Uint8Array;

  constructor(...values: unknown[]) {
    this.bytes = Buffer.concat(values.map(pack));
  }
}

export function pack(value: unknown): Buffer {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

/** A head whose length takes the fewest bytes: `short` with the length in it below `shortBound`, then 8, 16, 32 bits. */
function head(length: number, short: number, shortBound: number, long: readonly (number | undefined)[]): Buffer {
  const [eight, sixteen, thirtyTwo] = long;
  if (length < shortBound) return Buffer.of(short | length);
  if (length < 0x100 && eight !== undefined) return Buffer.of(eight, length);
  if (length < 0x10000) return Buffer.of(sixteen ?? 0, length >> 8, length & 0xff);
  const wide = Buffer.alloc(5, thirtyTwo ?? 0);
  wide.writeUInt32BE(length, 1);
  return wide;
}

function write(value: unknown, parts: Uint8Array[]): void {
  if (value === null || value === undefined) parts.push(Buffer.of(0xc0));
  else if (typeof value === 'boolean') parts.push(Buffer.of(value ? 0xc3 : 0xc2));
  else if (typeof value === 'number' || typeof value === 'bigint') parts.push(numberBytes(value));
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    parts.push(head(bytes.length, 0xa0, 32, [0xd9, 0xda, 0xdb]), bytes);
  } else if (value instanceof Packed) parts.push(value.bytes);
  else if (value instanceof Extension) parts.push(extensionHead(value), value.data);
  else if (value instanceof Uint8Array) parts.push(head(value.length, 0, 0, [0xc4, 0xc5, 0xc6]), value);
  else if (Array.isArray(value)) {
    parts.push(head(value.length, 0x90, 16, [undefined, 0xdc, 0xdd]));
    for (const element of value) write(element, parts);
  } else {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    parts.push(head(entries.length, 0x80, 16, [undefined, 0xde, 0xdf]));
    for (const [key, member] of entries) {
      write(key, parts);
      write(member, parts);
    }
  }
}

function extensionHead({ type, data }: Extension): Buffer {
  const fixed = [1, 2, 4, 8, 16].indexOf(data.length);
  return fixed >= 0
    ? Buffer.of(0xd4 + fixed, type & 0xff)
    : Buffer.concat([head(data.length, 0, 0, [0xc7, 0xc8, 0xc9]), Buffer.of(type & 0xff)]);
}

function numberBytes(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(9);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    bytes[0] = 0xcb;
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  const whole = BigInt(value);
  if (whole >= -32n && whole <= 0x7fn) return Buffer.of(Number(whole) & 0xff);
  if (whole >= 0n && whole <= 0xffff_ffffn) {
    bytes[0] = 0xce;
    bytes.writeUInt32BE(Number(whole), 1);
    return bytes.subarray(0, 5);
  }
  bytes[0] = whole < 0n ? 0xd3 : 0xcf;
  bytes.writeBigUInt64BE(BigInt.asUintN(64, whole), 1);
  return bytes;
}
