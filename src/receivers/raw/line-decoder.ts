/** A line of text as a record, with the service, host and environment that its request named for all of them. */
import type { RequestFacts } from '#ingest/rejected-records.ts';
import { recordFields } from '#model/field-names.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { repairUtf8 } from '#receivers/text-bytes.ts';

const named = ['service', 'host', 'environment'] as const;

export class LineDecoder {
  /** What it was made of, where that is anything. */
  readonly facts: RequestFacts | undefined;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fields: readonly { readonly field: number; readonly start: number; readonly end: number }[];

  constructor(request: Readonly<Partial<Record<(typeof named)[number], string>>>) {
    const facts = named.map((name) => [name, request[name] ?? ''] as const).filter(([, text]) => text !== '');
    this.facts = facts.length === 0 ? undefined : Object.fromEntries(facts);
    const texts = facts.map(([name, text]) => ({ field: recordFields[name], bytes: Buffer.from(text) }));
    this.#bytes = new Uint8Array(Buffer.concat(texts.map(({ bytes }) => bytes)));
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    let end = 0;
    this.#fields = texts.map(({ field, bytes }) => ({ field, start: end, end: (end += bytes.length) }));
  }

  /** Makes the line `start .. end` a record; `isUtf8`: else it is repaired. A code says why it cannot be taken. */
  decode(
    writer: RecordWriter,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    isUtf8: boolean,
  ): RecordErrorCode | undefined {
    writer.begin();
    writer.from(this.#bytes, this.#view);
    for (const { field, start: from, end: to } of this.#fields) writer.text(field, from, to);
    if (isUtf8) {
      writer.from(bytes, view);
      writer.message(start, end);
    } else {
      const repaired = repairUtf8(bytes.subarray(start, end));
      writer.from(repaired);
      writer.message(0, repaired.length);
    }
    return writer.commit();
  }
}
