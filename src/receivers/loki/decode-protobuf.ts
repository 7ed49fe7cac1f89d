/**
 * Decodes a PushRequest (github.com/grafana/loki, pkg/push/push.proto) into a batch. Pure and synchronous; an entry that
 * cannot be taken is rejected alone, a request that cannot be walked is refused whole.
 */
import { AppError } from '#base/errors.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import { kinds } from '#model/record-writer.ts';
import { EpochNanos } from '#model/timestamps.ts';
import { MalformedProtobuf, ProtobufReader } from '#receivers/protobuf-reader.ts';
import { ProtobufWriter } from '#receivers/protobuf-writer.ts';
import { ValidText } from '#receivers/valid-text.ts';
import { MalformedLabels, parseLabels } from './label-text.ts';
import type { PushBatch } from './push-batch.ts';

const pushTags = { streams: 0x0a } as const;
const streamTags = { labels: 0x0a, entries: 0x12 } as const;
const entryTags = { timestamp: 0x0a, line: 0x12, metadata: 0x1a } as const;
const timestampTags = { seconds: 0x08, nanos: 0x10 } as const;
const pairTags = { name: 0x0a, value: 0x12 } as const;
const retainBytes = 64 * 1024;

export class ProtobufPushDecoder {
  readonly #reader = new ProtobufReader();
  readonly #push: PushBatch;
  readonly #text = new ValidText();
  readonly #time = new EpochNanos();
  readonly #rejected = new ProtobufWriter();

  constructor(push: PushBatch) {
    this.#push = push;
  }

  /** @throws AppError malformed_body (details.position: byte), too_many_records, limit_exceeded */
  decode(request: Uint8Array, batch: OpenBatch): void {
    const bytes = new Uint8Array(request.buffer, request.byteOffset, request.length);
    const reader = this.#reader;
    reader.open(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
    this.#push.open(batch);
    try {
      while (reader.at < bytes.length) {
        const tag = reader.tag(bytes.length);
        if (tag === pushTags.streams) this.#stream(reader.range(bytes.length));
        else reader.skip(tag, bytes.length);
      }
    } catch (thrown) {
      throw thrown instanceof MalformedProtobuf || thrown instanceof MalformedLabels ? malformedBody(thrown) : thrown;
    }
  }

  #stream(end: number): void {
    const reader = this.#reader;
    const from = reader.at;
    let labels = '{}';
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag !== streamTags.labels) {
        reader.skip(tag, end);
        continue;
      }
      const labelsEnd = reader.range(end);
      this.#push.boundLabels(labelsEnd - reader.at);
      this.#readText(labelsEnd);
      labels = this.#text.toString();
    }
    this.#push.stream(new Map(parseLabels(labels)));
    reader.at = from;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === streamTags.entries) this.#entry(reader.range(end), labels);
      else reader.skip(tag, end);
    }
  }

  #entry(end: number, labels: string): void {
    const reader = this.#reader;
    const from = reader.at;
    const refusal = this.#decodeEntry(end);
    reader.at = end;
    if (refusal === undefined) return;
    const writer = this.#rejected;
    writer.reset(retainBytes);
    const stream = writer.begin(1);
    writer.text(1, labels);
    writer.range(2, reader.bytes, from, end);
    writer.end(stream);
    this.#push.reject(refusal, writer.bytes());
  }

  #decodeEntry(end: number): RecordErrorCode | undefined {
    const reader = this.#reader;
    const push = this.#push;
    const { writer } = push;
    const isTooLarge = end - reader.at > push.limits.max_record_bytes;
    push.begin();
    if (isTooLarge) {
      writer.abort();
      return 'record_too_large';
    }
    try {
      while (reader.at < end) {
        const tag = reader.tag(end);
        if (tag === entryTags.timestamp) this.#timestamp(reader.range(end));
        else if (tag === entryTags.line) this.#line(reader.range(end));
        else if (tag === entryTags.metadata) this.#metadata(reader.range(end));
        else reader.skip(tag, end);
      }
    } catch (thrown) {
      writer.abort();
      if (thrown instanceof MalformedProtobuf) return 'malformed_record';
      throw thrown;
    }
    return writer.commit();
  }

  #timestamp(end: number): void {
    const reader = this.#reader;
    let seconds = 0;
    let nanos = 0;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === timestampTags.seconds) {
        reader.varint(end);
        seconds = (reader.high | 0) * 2 ** 32 + reader.low;
      } else if (tag === timestampTags.nanos) {
        reader.varint(end);
        nanos = (reader.high | 0) * 2 ** 32 + reader.low;
      } else {
        reader.skip(tag, end);
      }
    }
    const { writer } = this.#push;
    if (nanos >= 0 && nanos < 1e9 && this.#time.set(seconds, nanos)) writer.time(this.#time.high, this.#time.low);
    else writer.timeNs(-1n);
  }

  #line(end: number): void {
    this.#readText(end);
    const { bytes, view, start, end: textEnd } = this.#text;
    this.#push.writer.from(bytes, view);
    this.#push.writer.message(start, textEnd);
  }

  /** A LabelPairAdapter. */
  #metadata(end: number): void {
    const reader = this.#reader;
    let nameAt = end;
    let nameEnd = end;
    let valueAt = end;
    let valueEnd = end;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === pairTags.name) {
        nameEnd = reader.range(end);
        nameAt = reader.at;
        reader.at = nameEnd;
      } else if (tag === pairTags.value) {
        valueEnd = reader.range(end);
        valueAt = reader.at;
        reader.at = valueEnd;
      } else {
        reader.skip(tag, end);
      }
    }
    const text = this.#text;
    const { writer } = this.#push;
    text.of(reader.bytes, reader.view, nameAt, nameEnd);
    const name = writer.names.of(text.bytes, text.view, text.start, text.end);
    text.of(reader.bytes, reader.view, valueAt, valueEnd);
    writer.from(text.bytes, text.view);
    this.#push.metadata(name, kinds.string, text.start, text.end);
  }

  #readText(end: number): void {
    const reader = this.#reader;
    this.#text.of(reader.bytes, reader.view, reader.at, end);
    reader.at = end;
  }
}

function malformedBody(error: MalformedProtobuf | MalformedLabels): AppError {
  const where = error instanceof MalformedLabels ? `character ${error.position} of the labels` : `byte ${error.position}`;
  return new AppError('malformed_body', `the body is no push request: ${error.message} at ${where}`, {
    details: { position: error.position },
  });
}
