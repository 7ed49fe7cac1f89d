/** For tests and benches: push requests built by hand. */
import { ProtobufWriter } from '#receivers/protobuf-writer.ts';

export interface PushEntry {
  readonly seconds?: number;
  readonly nanos?: number;
  readonly line: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface PushStream {
  readonly labels: string;
  readonly entries: readonly PushEntry[];
}

/** A PushRequest, not compressed. */
export function pushRequest(streams: readonly PushStream[]): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  for (const { labels, entries } of streams) {
    const stream = writer.begin(1);
    writer.text(1, labels);
    for (const entry of entries) writeEntry(writer, entry);
    writer.end(stream);
  }
  return Uint8Array.from(writer.bytes());
}

function writeEntry(writer: ProtobufWriter, { seconds = 1_750_000_000, nanos = 0, line, metadata = {} }: PushEntry): void {
  const entry = writer.begin(2);
  const timestamp = writer.begin(1);
  writer.varint(1, seconds);
  if (nanos !== 0) writer.varint(2, nanos);
  writer.end(timestamp);
  writer.text(2, line);
  for (const [name, value] of Object.entries(metadata)) {
    const pair = writer.begin(3);
    writer.text(1, name);
    writer.text(2, value);
    writer.end(pair);
  }
  writer.end(entry);
}
