/** A record that could not be taken, as a request of its own with the resource and scope it came with: so it can be sent again. */
import { ProtobufWriter } from '#receivers/protobuf-writer.ts';
import type { SourceDecoder } from './source.ts';

const retainBytes = 64 * 1024;

export class RejectedRequest {
  readonly #writer = new ProtobufWriter();

  /** The record `start .. end`; the result is borrowed until the next call. */
  wrap(bytes: Uint8Array, source: SourceDecoder, start: number, end: number): Uint8Array {
    const writer = this.#writer;
    writer.reset(retainBytes);
    const resourceLogs = writer.begin(1);
    for (const [from, to] of source.resourceRanges) writer.range(1, bytes, from, to);
    const scopeLogs = writer.begin(2);
    for (const [from, to] of source.scopeRanges) writer.range(1, bytes, from, to);
    writer.range(2, bytes, start, end);
    writer.end(scopeLogs);
    writer.end(resourceLogs);
    return writer.bytes();
  }
}
