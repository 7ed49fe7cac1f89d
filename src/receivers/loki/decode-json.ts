/**
 * Decodes a push in JSON into a batch: `{"streams":[{"stream":{…},"values":[["ns","line",{…}],…]}]}`, and the older
 * `{"streams":[{"labels":"{…}","entries":[{"ts":"…","line":"…"}]}]}`
 * (grafana.com/docs/loki/latest/reference/loki-http-api). Pure and synchronous, on the bytes of the body; an entry that cannot
 * be taken is rejected alone, a body that is not JSON or of another shape is refused whole.
 */
import { AppError } from '#base/errors.ts';
import { JsonScanner, MalformedJson, Unescaper, stringFlags, stringOfToken } from '#ingest/json-records.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import { jsonBody } from '#receivers/json-body.ts';
import { MalformedLabels, parseLabels } from './label-text.ts';
import type { PushBatch } from './push-batch.ts';

const quote = 0x22;
const openBrace = 0x7b;
const openBracket = 0x5b;
const retainBytes = 256 * 1024;
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Called with the key's token and the position of the value; returns the position behind it. */
type VisitMember = (keyAt: number, keyEnd: number, at: number) => number;

export class JsonPushDecoder {
  readonly #scanner = new JsonScanner();
  readonly #unescaper = new Unescaper();
  readonly #push: PushBatch;
  readonly #timestampName: NameId;
  /** Whether the entry being read is anything but what it should be. */
  #isMalformed = false;

  constructor(push: PushBatch) {
    this.#push = push;
    this.#timestampName = push.writer.names.own('timestamp');
  }

  /** @throws AppError malformed_body (details.position: byte), too_many_records, limit_exceeded */
  decode(body: Uint8Array, batch: OpenBatch): void {
    const { bytes, view, start } = jsonBody(body);
    const scanner = this.#scanner;
    scanner.reset(bytes, view, bytes.length);
    this.#push.open(batch);
    try {
      const from = scanner.skipSpace(start);
      const end = scanner.skipSpace(scanner.skipValue(from, 0));
      if (end < bytes.length) throw new MalformedJson(end, 'the end of the body');
      this.#members(from, (keyAt, keyEnd, at) => {
        const isStreams = this.#stringOf(keyAt, keyEnd) === 'streams';
        return isStreams ? this.#elements(at, (stream) => this.#stream(stream)) : this.#skip(at);
      });
    } catch (thrown) {
      throw thrown instanceof MalformedJson || thrown instanceof MalformedLabels ? malformedBody(thrown) : thrown;
    } finally {
      this.#unescaper.shrink(retainBytes);
      scanner.reset(new Uint8Array(0), new DataView(new ArrayBuffer(0)), 0);
    }
  }

  /** A stream: its labels first, wherever they stand. */
  #stream(start: number): number {
    let labelsAt = -1;
    let labelsEnd = -1;
    let entriesAt = -1;
    const end = this.#members(start, (keyAt, keyEnd, at) => {
      const key = this.#stringOf(keyAt, keyEnd);
      const valueEnd = this.#skip(at);
      if (key === 'stream' || key === 'labels') {
        labelsAt = at;
        labelsEnd = valueEnd;
      } else if (key === 'values' || key === 'entries') {
        entriesAt = at;
      }
      return valueEnd;
    });
    if (entriesAt < 0) return end;
    this.#push.boundLabels(labelsEnd - labelsAt);
    this.#push.stream(labelsAt < 0 ? new Map() : this.#labels(labelsAt));
    const labels = labelsAt < 0 ? '{}' : textDecoder.decode(this.#scanner.bytes.subarray(labelsAt, labelsEnd));
    this.#elements(entriesAt, (entry) => this.#entry(entry, labels));
    return end;
  }

  #labels(start: number): Map<string, string> {
    const { bytes } = this.#scanner;
    if (bytes[start] === quote) {
      const end = this.#skip(start);
      return new Map(parseLabels(this.#stringOf(start, end)));
    }
    const labels = new Map<string, string>();
    this.#members(start, (keyAt, keyEnd, at) => {
      const key = this.#stringOf(keyAt, keyEnd);
      const end = this.#skip(at);
      // null says nothing; Loki has texts only, so anything else is taken as it is written
      if (bytes[at] !== 0x6e) {
        labels.set(key, bytes[at] === quote ? this.#stringOf(at, end) : textDecoder.decode(bytes.subarray(at, end)));
      }
      return end;
    });
    return labels;
  }

  #entry(start: number, labels: string): number {
    this.#scanner.deepest = 0;
    const end = this.#skip(start);
    const refusal = this.#decodeEntry(start, end, this.#scanner.deepest);
    if (refusal === undefined) return end;
    const isArray = this.#scanner.bytes[start] !== openBrace;
    const entry = textDecoder.decode(this.#scanner.bytes.subarray(start, end));
    const [labelsKey, entriesKey] = isArray ? ['stream', 'values'] : ['labels', 'entries'];
    this.#push.reject(refusal, textEncoder.encode(`{"streams":[{"${labelsKey}":${labels},"${entriesKey}":[${entry}]}]}`));
    return end;
  }

  #decodeEntry(start: number, end: number, nesting: number): RecordErrorCode | undefined {
    const push = this.#push;
    const { writer, limits } = push;
    push.begin();
    this.#isMalformed = false;
    if (end - start > limits.max_record_bytes || nesting > limits.max_nesting) {
      writer.abort();
      return nesting > limits.max_nesting ? 'nesting_too_deep' : 'record_too_large';
    }
    const first = this.#scanner.bytes[start];
    if (first === openBracket) this.#arrayEntry(start);
    else if (first === openBrace) this.#objectEntry(start);
    else this.#isMalformed = true;
    if (!this.#isMalformed) return writer.commit();
    writer.abort();
    return 'malformed_record';
  }

  #arrayEntry(start: number): void {
    let parts = 0;
    this.#elements(start, (at) => this.#part(parts++, at));
    if (parts < 2) this.#isMalformed = true;
  }

  #objectEntry(start: number): void {
    this.#members(start, (keyAt, keyEnd, at) => {
      const key = this.#stringOf(keyAt, keyEnd);
      return this.#part(key === 'ts' ? 0 : key === 'line' ? 1 : 3, at);
    });
  }

  /** Part 0 of an entry is its time, 1 its line, 2 its structured metadata. */
  #part(index: number, at: number): number {
    const { bytes, view } = this.#scanner;
    const end = this.#skip(at);
    const isText = bytes[at] === quote;
    if (index === 0) {
      this.#push.writer.from(bytes, view);
      if (isText) this.#push.writer.put(this.#timestampName, kinds.string, at + 1, end - 1);
      else this.#push.writer.put(this.#timestampName, kinds.number, at, end);
    } else if (index === 1) {
      if (!isText) this.#isMalformed = true;
      else this.#withText(at, end, (textStart, textEnd) => this.#push.writer.message(textStart, textEnd));
    } else if (index === 2 && bytes[at] === openBrace) {
      this.#metadata(at);
    } else if (index === 2 && bytes[at] !== 0x6e) {
      this.#isMalformed = true;
    }
    return end;
  }

  #metadata(start: number): void {
    const { bytes, view } = this.#scanner;
    this.#members(start, (keyAt, keyEnd, at) => {
      const name = this.#nameOf(keyAt, keyEnd);
      const end = this.#skip(at);
      const first = bytes[at];
      if (first === quote) {
        this.#withText(at, end, (textStart, textEnd) => this.#push.metadata(name, kinds.string, textStart, textEnd));
      } else if (first !== 0x6e) {
        this.#push.writer.from(bytes, view);
        this.#push.metadata(name, kindOf(first), at, end);
      }
      return end;
    });
  }

  /** The name that a key spells; its token is the scanner's last string. */
  #nameOf(start: number, end: number): NameId {
    const { bytes, view, flags } = this.#scanner;
    const { names } = this.#push.writer;
    if ((flags & stringFlags.escaped) === 0) return names.of(bytes, view, start + 1, end - 1);
    const key = textEncoder.encode(this.#stringOf(start, end));
    return names.of(key, new DataView(key.buffer), 0, key.length);
  }

  /** Gives the text of the string token `start .. end`, the scanner's last, to `use`, with the writer looking at it. */
  #withText(start: number, end: number, use: (textStart: number, textEnd: number) => void): void {
    const { bytes, view, flags } = this.#scanner;
    const { writer } = this.#push;
    if ((flags & stringFlags.escaped) === 0) {
      writer.from(bytes, view);
      use(start + 1, end - 1);
      return;
    }
    const length = this.#unescaper.decode(bytes, start + 1, end - 1);
    writer.from(this.#unescaper.bytes, this.#unescaper.view);
    use(0, length);
  }

  #stringOf(start: number, end: number): string {
    return stringOfToken(this.#scanner, start, end);
  }

  #skip(at: number): number {
    return this.#scanner.skipValue(at, 0);
  }

  /** The members of the object at `start`, which was scanned before; returns the position behind it. */
  #members(start: number, visit: VisitMember): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    if (bytes[start] !== openBrace) throw new MalformedJson(start, 'an object');
    let at = scanner.skipSpace(start + 1);
    while (bytes[at] !== 0x7d) {
      const keyEnd = scanner.string(at + 1) + 1;
      at = scanner.skipSpace(visit(at, keyEnd, scanner.colon(keyEnd)));
      if (bytes[at] === 0x2c) at = scanner.skipSpace(at + 1);
    }
    return at + 1;
  }

  /** The elements of the array at `start`, which was scanned before; returns the position behind it. */
  #elements(start: number, visit: (at: number) => number): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    if (bytes[start] !== openBracket) throw new MalformedJson(start, 'an array');
    let at = scanner.skipSpace(start + 1);
    while (bytes[at] !== 0x5d) {
      at = scanner.skipSpace(visit(at));
      if (bytes[at] === 0x2c) at = scanner.skipSpace(at + 1);
    }
    return at + 1;
  }
}

function kindOf(firstByte: number): number {
  if (firstByte === 0x74 || firstByte === 0x66) return kinds.boolean;
  return firstByte === openBrace || firstByte === openBracket ? kinds.json : kinds.number;
}

function malformedBody(error: MalformedJson | MalformedLabels): AppError {
  const where = error instanceof MalformedLabels ? `character ${error.position} of the labels` : `byte ${error.position}`;
  return new AppError('malformed_body', `the body is no push request in JSON: ${error.message} at ${where}`, {
    details: { position: error.position },
  });
}
