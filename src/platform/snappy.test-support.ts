/** Compression into snappy's block format, for tests: greedy, with a hash of 4 bytes, as every encoder of it begins. */

const tableBits = 14;
const longestCopy = 64;
const longestOffset = 65_535;

export function compressSnappy(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const input = Buffer.from(content);
  const table = new Map<number, number>();
  const output: Buffer[] = [varint(input.length)];
  let literalStart = 0;
  for (let at = 0; at + 4 <= input.length; ) {
    const word = input.readUInt32LE(at);
    const key = Math.imul(word, 0x1e35a7bd) >>> (32 - tableBits);
    const from = table.get(key);
    table.set(key, at);
    if (from === undefined || at - from > longestOffset || input.readUInt32LE(from) !== word) {
      at++;
      continue;
    }
    let length = 4;
    while (length < longestCopy && at + length < input.length && input[from + length] === input[at + length]) length++;
    if (at > literalStart) output.push(literal(input.subarray(literalStart, at)));
    output.push(copy(at - from, length));
    at += length;
    literalStart = at;
  }
  if (literalStart < input.length) output.push(literal(input.subarray(literalStart)));
  return new Uint8Array(Buffer.concat(output));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

function literal(bytes: Buffer): Buffer {
  const last = bytes.length - 1;
  if (last < 60) return Buffer.concat([Buffer.from([last << 2]), bytes]);
  const size = last < 256 ? 1 : last < 65_536 ? 2 : 4;
  const header = Buffer.alloc(5);
  header[0] = (59 + size) << 2;
  header.writeUInt32LE(last, 1);
  return Buffer.concat([header.subarray(0, 1 + size), bytes]);
}

function copy(offset: number, length: number): Buffer {
  if (length < 12 && offset < 2048) return Buffer.from([((offset >> 8) << 5) | ((length - 4) << 2) | 1, offset & 255]);
  return Buffer.from([((length - 1) << 2) | 2, offset & 255, offset >> 8]);
}
