/** MessagePack arrays as JSON text: the only values that are kept as they are and not taken apart. */
import type { MessagePackReader } from './msgpack-reader.ts';
import { valueTypes } from './msgpack-reader.ts';

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Nested deeper than allowed. */
export class NestedTooDeep extends Error {}

/**
 * JSON of the value that the reader stands before. `depth` is that of its parent.
 * @throws MalformedMessagePack, NestedTooDeep
 */
export function jsonOf(reader: MessagePackReader, depth: number, maxDepth: number): string {
  const type = reader.next();
  switch (type) {
    case valueTypes.string:
    case valueTypes.binary:
      return JSON.stringify(textDecoder.decode(reader.bytes.subarray(reader.from, reader.to)));
    case valueTypes.array:
    case valueTypes.map:
      if (depth + 1 > maxDepth) throw new NestedTooDeep();
      return type === valueTypes.array ? arrayJson(reader, depth + 1, maxDepth) : mapJson(reader, depth + 1, maxDepth);
    default: {
      const text = scalarText(reader);
      return isJsonScalar(reader) ? text : JSON.stringify(text);
    }
  }
}

function arrayJson(reader: MessagePackReader, depth: number, maxDepth: number): string {
  const elements: string[] = [];
  for (let left = reader.count; left > 0; left--) elements.push(jsonOf(reader, depth, maxDepth));
  return `[${elements.join(',')}]`;
}

function mapJson(reader: MessagePackReader, depth: number, maxDepth: number): string {
  const members: string[] = [];
  for (let left = reader.count; left > 0; left--) {
    const key = jsonOf(reader, depth, maxDepth);
    members.push(`${key.startsWith('"') ? key : JSON.stringify(key)}:${jsonOf(reader, depth, maxDepth)}`);
  }
  return `{${members.join(',')}}`;
}

/** Text of the value read last, which is neither text nor container. */
export function scalarText(reader: MessagePackReader): string {
  switch (reader.type) {
    case valueTypes.nil:
      return 'null';
    case valueTypes.boolean:
      return reader.number === 1 ? 'true' : 'false';
    case valueTypes.integer:
      return reader.big === undefined ? String(reader.number) : reader.big.toString();
    case valueTypes.float:
      return String(reader.number);
    default:
      return extensionText(reader);
  }
}

/** True where the text of the value read last is JSON by itself: not for NaN, infinities and extensions. */
export function isJsonScalar(reader: MessagePackReader): boolean {
  return reader.type !== valueTypes.extension && (reader.type !== valueTypes.float || Number.isFinite(reader.number));
}

/** Forward's EventTime (type 0) as seconds, anything else as hexadecimal digits. */
function extensionText({ bytes, view, from, to, extension }: MessagePackReader): string {
  if (extension === eventTimeExtension && to - from === 8)
    return `${view.getUint32(from)}.${String(view.getUint32(from + 4)).padStart(9, '0')}`;
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('hex');
}

/** Extension type of Forward's EventTime: two unsigned words, seconds and nanoseconds, big-endian. */
export const eventTimeExtension = 0;
