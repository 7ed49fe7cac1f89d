/**
 * Bounds the attribute names of a stream (tenant and service): names beyond the first `max_names`, or those that a strict
 * rule does not know, go into the record's one attribute `overflow`, where they are found still (I15). Nothing is refused.
 *
 * Runs for every record, so the common case is one array look-up an attribute: what is known of a dictionary index is
 * kept for as long as the dictionary lives.
 */
import type { LogBatchBuilder, OpenAttribute, RecordFinisher } from '#model/log-batch.ts';
import { kinds } from '#model/record-writer.ts';

export interface FieldLimit {
  readonly maxNames: number;
  /** Only these; undefined: any. */
  readonly known: ReadonlySet<string> | undefined;
}

/** What is known of a stream's names. */
export interface StreamFields {
  readonly service: string;
  /** Names that stay attributes. */
  readonly names: number;
  /** Names beyond them, counted up to a bound. */
  readonly overflowing: number;
}

const overflowName = 'overflow';
/** Names beyond the bound that a stream remembers, to count them. */
const maxCountedNames = 1000;
const [allowed, refused] = [1, 2];
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

class Stream {
  readonly limit: FieldLimit;
  readonly names = new Set<string>();
  readonly overflowing = new Set<string>();
  epoch = 0;
  /** By dictionary index in that epoch: 0 not asked yet, allowed, refused. */
  verdicts = new Uint8Array(256);

  constructor(limit: FieldLimit) {
    this.limit = limit;
  }

  judge(name: string): number {
    const { maxNames, known } = this.limit;
    if (name === overflowName || this.names.has(name)) return allowed;
    const isRoom = known === undefined ? this.names.size < maxNames : known.has(name);
    if (isRoom) {
      this.names.add(name);
      return allowed;
    }
    if (this.overflowing.size < maxCountedNames) this.overflowing.add(name);
    return refused;
  }
}

export class FieldLimiter implements RecordFinisher {
  readonly #limitOf: (service: string) => FieldLimit;
  readonly #maxStreams: number;
  readonly #streams = new Map<string, Stream>();
  /** Streams of the batch, by service index. */
  #batchStreams: (Stream | undefined)[] = [];
  #batchEpoch = 0;

  /** Of one tenant. Beyond `maxStreams` services the one that was first seen is learnt anew. */
  constructor(limitOf: (service: string) => FieldLimit, maxStreams: number) {
    this.#limitOf = limitOf;
    this.#maxStreams = maxStreams;
  }

  finish(builder: LogBatchBuilder): undefined {
    const count = builder.attributeCount;
    if (count === 0) return undefined;
    const stream = this.#streamOf(builder);
    const { keys } = builder.attributes;
    if (stream.epoch !== keys.epoch) {
      stream.epoch = keys.epoch;
      stream.verdicts.fill(0);
    }
    let isOver = false;
    for (let position = 0; position < count; position++) {
      const key = builder.attributeKey(position);
      if ((stream.verdicts[key] || judge(stream, builder, key)) === refused) isOver = true;
    }
    if (isOver) moveToOverflow(stream, builder);
    return undefined;
  }

  /** Streams with the most names first. */
  streams(limit: number): StreamFields[] {
    const all = [...this.#streams].map(([service, { names, overflowing }]) => ({
      service,
      names: names.size,
      overflowing: overflowing.size,
    }));
    return all.sort((a, b) => b.names + b.overflowing - a.names - a.overflowing).slice(0, limit);
  }

  #streamOf(builder: LogBatchBuilder): Stream {
    const { services, serviceIndexes, rowCount } = builder;
    if (this.#batchEpoch !== services.epoch) {
      this.#batchEpoch = services.epoch;
      this.#batchStreams = [];
    }
    const index = serviceIndexes[rowCount];
    return (this.#batchStreams[index] ??= this.#find(services.textOf(index)));
  }

  #find(service: string): Stream {
    const known = this.#streams.get(service);
    if (known !== undefined) return known;
    const stream = new Stream(this.#limitOf(service));
    this.#streams.set(service, stream);
    if (this.#streams.size > this.#maxStreams)
      for (const [first] of this.#streams) {
        this.#streams.delete(first);
        break;
      }
    return stream;
  }
}

function judge(stream: Stream, builder: LogBatchBuilder, key: number): number {
  if (key >= stream.verdicts.length) {
    const wider = new Uint8Array(Math.max(key + 1, stream.verdicts.length * 2));
    wider.set(stream.verdicts);
    stream.verdicts = wider;
  }
  return (stream.verdicts[key] = stream.judge(builder.attributes.keys.textOf(key)));
}

/** Slow path: the record is put together anew. */
function moveToOverflow(stream: Stream, builder: LogBatchBuilder): void {
  const { keys } = builder.attributes;
  const members = new Map<string, string>();
  for (const attribute of builder.takeAttributes()) {
    const name = keys.textOf(attribute.key);
    if (name === overflowName) takeIn(members, attribute);
    else if (stream.verdicts[attribute.key] === refused) members.set(name, jsonOf(attribute));
    else addAttribute(builder, attribute.key, attribute.kind, attribute.value);
  }
  const text = `{${[...members].map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
  const name = textEncoder.encode(overflowName);
  const key = keys.indexOf(name, new DataView(name.buffer), 0, name.length);
  addAttribute(builder, key, kinds.json, textEncoder.encode(text));
}

/** What the decoder put into `overflow` already stays in it; an attribute of that name that the sender gave becomes a member. */
function takeIn(members: Map<string, string>, attribute: OpenAttribute): void {
  const text = jsonOf(attribute);
  if (attribute.kind !== kinds.json || !text.startsWith('{')) return void members.set(overflowName, text);
  for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) members.set(name, JSON.stringify(value));
}

function jsonOf({ kind, value }: OpenAttribute): string {
  const text = textDecoder.decode(value);
  return kind === kinds.string ? JSON.stringify(text) : text;
}

function addAttribute(builder: LogBatchBuilder, key: number, kind: number, value: Uint8Array): void {
  builder.addAttribute(key, kind, value, new DataView(value.buffer, value.byteOffset, value.length), 0, value.length);
}
