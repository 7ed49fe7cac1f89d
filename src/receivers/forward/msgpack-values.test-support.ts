/** MessagePack to JavaScript values, for tests that read what a server says. */
import { MalformedMessagePack, MessagePackReader, valueTypes } from './msgpack-reader.ts';

/** The first value and its length; undefined where it is not complete. */
export function readMessagePack(bytes: Uint8Array): { readonly value: unknown; readonly length: number } | undefined {
  const reader = new MessagePackReader();
  reader.open(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  try {
    const value = read(reader);
    return { value, length: reader.at };
  } catch (thrown) {
    if (thrown instanceof MalformedMessagePack) return undefined;
    throw thrown;
  }
}

function read(reader: MessagePackReader): unknown {
  const type = reader.next();
  const { count, bytes, from, to } = reader;
  switch (type) {
    case valueTypes.nil:
      return null;
    case valueTypes.boolean:
      return reader.number === 1;
    case valueTypes.string:
      return Buffer.from(bytes.subarray(from, to)).toString();
    case valueTypes.binary:
      return Buffer.from(bytes.subarray(from, to));
    case valueTypes.array:
      return Array.from({ length: count }, () => read(reader));
    case valueTypes.map:
      return Object.fromEntries(Array.from({ length: count }, () => [read(reader), read(reader)]));
    default:
      return reader.big ?? reader.number;
  }
}
