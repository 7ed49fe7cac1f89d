/**
 * Decodes events of the Lumberjack protocol into an open batch: JSON straight from the frames' bytes, and version 1's
 * pairs of key and value. What becomes of which member: docs/send-data/beats.md.
 *
 * `@metadata`, which is for the receiver, is left out. An event that cannot be taken is rejected with its bytes; its
 * neighbours are not harmed. Pure and synchronous; one instance per worker.
 */
import { isUtf8 } from 'node:buffer';
import type { OpenBatch } from '#ingest/intake.ts';
import { MalformedJson, RecordDecoder, sourceDefaults } from '#ingest/json-records.ts';
import type { DecoderLimits, FieldSpellings } from '#ingest/json-records.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import { kinds } from '#model/record-writer.ts';
import type { KeptRecord } from '#receivers/receiver.ts';
import { ServiceFallback } from '#receivers/service-fallback.ts';
import { ValidText } from '#receivers/valid-text.ts';
import { countEvents, dataHeadBytes, frameTypes, jsonHeadBytes, versions } from './frames.ts';
import { GatheredEvents } from './gathered-events.ts';

/** Members that name the service where `service.name` does not, the best first. */
const serviceNames = [
  'fields.service',
  'kubernetes.labels.app_kubernetes_io/name',
  'kubernetes.labels.app',
  'kubernetes.container.name',
  'container.name',
  'log.syslog.appname',
  'event.module',
];

const spellings: FieldSpellings = new Map([
  ['@metadata', 'ignored'],
  // version 1: logstash-forwarder's name of the line
  ['line', 'message'],
]);

const noDefaults = sourceDefaults(undefined, {});
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class LumberjackDecoder {
  readonly #records: RecordDecoder;
  readonly #limits: DecoderLimits;
  readonly #fallback = new ServiceFallback(serviceNames);
  readonly #text = new ValidText();
  /** The bytes that the record decoder is on. */
  #open: Uint8Array | undefined;

  constructor(limits: DecoderLimits) {
    this.#limits = limits;
    this.#records = new RecordDecoder(limits, spellings);
  }

  /** Decodes events in order, `maxEvents` at most. Returns the sequence number of the last one. */
  decode(events: GatheredEvents, batch: OpenBatch, maxEvents: number): number {
    let sequence = 0;
    let index = 0;
    batch.rows.finisher = this.#fallback.before(batch.rows.finisher);
    events.each(maxEvents, (bytes, view, start) => {
      sequence = view.getUint32(start + 2);
      const isJson = view.getUint8(start + 1) === frameTypes.json;
      const end = isJson ? this.#json(batch, bytes, view, start + jsonHeadBytes, index) : this.#pairs(batch, bytes, view, start, index);
      index++;
      return end;
    });
    this.#records.closeBody();
    this.#open = undefined;
    return sequence;
  }

  /** Decodes the JSON of an event, or the frame of one in pairs. @throws AppError malformed_body */
  decodeKept({ bytes }: KeptRecord, batch: OpenBatch): void {
    const frame = isPairs(bytes) ? bytes : jsonFrame(bytes);
    const events = new GatheredEvents();
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    events.add(frame, countEvents(view, frame.length, { maxBytes: frame.length, setting: 'receivers.beats.max_frame_bytes' }));
    this.decode(events, batch, events.count);
  }

  /** The JSON behind its head; returns its end. */
  #json(batch: OpenBatch, bytes: Uint8Array, view: DataView, start: number, index: number): number {
    const end = start + view.getUint32(start - 4);
    let refusal: RecordErrorCode | undefined;
    let reason: string | undefined;
    try {
      this.#record(batch, bytes, view, start, end);
      refusal = this.#records.failure;
    } catch (thrown) {
      if (!(thrown instanceof MalformedJson)) throw thrown;
      this.#records.takeBack();
      refusal = 'malformed_record';
      reason = `the event is not JSON: ${thrown.message}`;
    }
    if (refusal !== undefined) batch.rejected.add(index, refusal, bytes, start, end, reason);
    return end;
  }

  #record(batch: OpenBatch, bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const records = this.#records;
    if (isUtf8(bytes.subarray(start, end))) {
      if (this.#open !== bytes) {
        records.openBody(bytes, view, batch.rows, noDefaults);
        this.#open = bytes;
      }
      this.#whole(start, end);
      return;
    }
    const repaired = textEncoder.encode(textDecoder.decode(bytes.subarray(start, end)));
    records.openBody(repaired, new DataView(repaired.buffer), batch.rows, noDefaults);
    this.#open = undefined;
    this.#whole(0, repaired.length);
  }

  /** Decodes a record that fills `start .. end`. */
  #whole(start: number, end: number): void {
    const { scanner } = this.#records;
    scanner.setEnd(end);
    const behind = this.#records.decode(scanner.skipSpace(start));
    if (scanner.skipSpace(behind) < end) throw new MalformedJson(behind, 'the end of the event');
  }

  /** Version 1's pairs; returns the frame's end. */
  #pairs(batch: OpenBatch, bytes: Uint8Array, view: DataView, start: number, index: number): number {
    const { writer } = batch;
    const text = this.#text;
    let at = start + dataHeadBytes;
    writer.begin();
    for (let left = view.getUint32(start + 6); left > 0; left--) {
      const keyEnd = at + 4 + view.getUint32(at);
      text.of(bytes, view, at + 4, keyEnd);
      const isLine = text.end - text.start === 4 && text.toString() === 'line';
      const name = writer.names.of(text.bytes, text.view, text.start, text.end);
      at = keyEnd + 4 + view.getUint32(keyEnd);
      text.of(bytes, view, keyEnd + 4, at);
      writer.from(text.bytes, text.view);
      if (isLine) writer.message(text.start, text.end);
      else writer.put(name, kinds.string, text.start, text.end);
    }
    const refusal = this.#refusedPairs(batch, at - start);
    if (refusal !== undefined) batch.rejected.add(index, refusal, bytes, start, at);
    return at;
  }

  #refusedPairs({ writer }: OpenBatch, length: number): RecordErrorCode | undefined {
    if (length <= this.#limits.max_record_bytes) return writer.commit();
    writer.abort();
    return 'record_too_large';
  }
}

function isPairs([version, type]: Uint8Array): boolean {
  return (version === versions.one || version === versions.two) && type === frameTypes.data;
}

function jsonFrame(json: Uint8Array): Uint8Array {
  const frame = new Uint8Array(jsonHeadBytes + json.length);
  frame.set([versions.two, frameTypes.json]);
  new DataView(frame.buffer).setUint32(jsonHeadBytes - 4, json.length);
  frame.set(json, jsonHeadBytes);
  return frame;
}

/** True where the first event names a level of its own: then its message is no line to be parsed. */
export function namesLevel(events: GatheredEvents): boolean {
  const mark = events.mark();
  let found = false;
  events.each(1, (bytes, view, start) => {
    if (view.getUint8(start + 1) !== frameTypes.json) return start;
    const payload = bytes.subarray(start + jsonHeadBytes, start + jsonHeadBytes + view.getUint32(start + 6));
    found = /"(?:log\.)?level"\s*:/.test(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1'));
    return start;
  });
  events.goBack(mark);
  return found;
}
