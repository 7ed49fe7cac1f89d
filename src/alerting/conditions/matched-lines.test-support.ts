/** Lines for the tests of conditions: as a batch and what matched of it, and a context that conditions may know. */
import type { BatchView, DictionaryColumn, TextColumn } from '#model/batch-view.ts';
import { allLines } from '#language/ast.ts';
import { parseQuery } from '#language/parser.ts';
import type { ConditionContext, ConditionState, MatchedLines } from '../condition-state.ts';

export interface TestLine {
  readonly group?: number;
  /** When it counts. */
  readonly atMs: number;
  /** `atMs` where absent. */
  readonly receivedMs?: number;
  readonly service?: string;
  readonly host?: string;
  readonly message?: string;
  readonly pattern?: bigint;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Severity number. */
  readonly level?: number;
}

export function batchOf(lines: readonly TestLine[]): BatchView {
  const entries = lines.map(({ attributes = {} }) => Object.entries(attributes));
  const offsets = Uint32Array.from([0, ...runningSum(entries.map(({ length }) => length))]);
  const dictionaries = {
    tenant: dictionaryOf(lines.map(() => 't')),
    service: dictionaryOf(lines.map(({ service = '' }) => service)),
    host: dictionaryOf(lines.map(({ host = '' }) => host)),
    environment: dictionaryOf(lines.map(() => '')),
  };
  const map = {
    offsets,
    keys: dictionaryOf(entries.flat().map(([key]) => key)),
    values: textsOf(entries.flat().map(([, value]) => value)),
  };
  const message = textsOf(lines.map(({ message: text = '' }) => text));
  const missing = (name: string): never => {
    throw new Error(`the test's batch has no ${name}`);
  };
  return {
    rowCount: lines.length,
    ts: BigInt64Array.from(lines, ({ atMs }) => BigInt(Math.round(atMs)) * 1_000_000n),
    receiveTs: BigInt64Array.from(lines, ({ atMs, receivedMs = atMs }) => BigInt(Math.round(receivedMs))),
    skewed: new Uint8Array(lines.length),
    origin: new Uint32Array(lines.length),
    seq: new BigUint64Array(lines.length),
    rowNo: new Uint16Array(lines.length),
    level: Uint8Array.from(lines, ({ level = 0 }) => level),
    sampleRate: new Float32Array(lines.length).fill(1),
    patternId: BigUint64Array.from(lines, ({ pattern = 0n }) => pattern),
    dictionary: (column) => dictionaries[column],
    text: (column) => (column === 'message' ? message : missing(column)),
    map: (column) => (column === 'attributes' ? map : missing(column)),
    list: (column) => missing(column),
  };
}

export function matchedLines(lines: readonly TestLine[], view: BatchView = batchOf(lines)): MatchedLines {
  return {
    view,
    rows: Uint32Array.from(lines, (_, row) => row),
    timesMs: Float64Array.from(lines, ({ atMs }) => atMs),
    groups: Uint32Array.from(lines, ({ group = 0 }) => group),
    fields: {
      text: (row, field) => lines[row].attributes?.[field] ?? '',
      number: (row, field) => Number(lines[row].attributes?.[field] ?? Number.NaN),
    },
  };
}

export interface ChangingStream {
  lastArrivalMs: number;
  resumedMs: number;
  listeningMs: number;
  heardMs: number;
  serviceSinceMs: (service: string) => number | undefined;
}

export type TestContext = ConditionContext & { readonly stream: ChangingStream };

export function contextOf(overrides: Partial<ConditionContext> = {}): TestContext {
  const stream: ChangingStream = {
    lastArrivalMs: -Infinity,
    resumedMs: -Infinity,
    listeningMs: -Infinity,
    heardMs: Infinity,
    serviceSinceMs: () => undefined,
  };
  return {
    query: (further) => (further === undefined ? allLines : parseQuery(further)),
    beganMs: () => 0,
    latenessMs: 30_000,
    limits: {
      maxBuckets: 120,
      maxKeysPerGroup: 10_000,
      maxKnownPatterns: 1000,
      learnPatternsMs: 0,
      learnSourcesMs: 0,
      minimumSilenceMs: 60_000,
      forgetSilentMs: 86_400_000,
      anomaly: { trees: 60, sampleWindows: 128, growIntervalMs: 86_400_000, durationAttributes: ['duration_ms', 'latency_ms'] },
    },
    groupOf: (group) => [`g${group}`],
    ...overrides,
    stream,
  };
}

const streams = new WeakMap<ConditionState, ChangingStream>();

/** A state that `feed` tells when its lines came. */
export function listening<S extends ConditionState>(state: S, { stream }: TestContext): S {
  streams.set(state, stream);
  return state;
}

/** Gives the state lines as they came, those of one moment together. */
export function feed(state: ConditionState, lines: readonly TestLine[], input = 0): void {
  const stream = streams.get(state);
  const receivedOf = ({ atMs, receivedMs = atMs }: TestLine): number => receivedMs;
  for (let from = 0, to = 0; from < lines.length; from = to) {
    while (to < lines.length && receivedOf(lines[to]) === receivedOf(lines[from])) to++;
    if (stream !== undefined) stream.lastArrivalMs = receivedOf(lines[from]);
    state.take(input, matchedLines(lines.slice(from, to)));
  }
}

/** The state of some groups as it comes back from disk. */
export function throughDisk(from: ConditionState, to: ConditionState, groups: Iterable<number>): ConditionState {
  const shared = JSON.stringify(from.saveShared?.() ?? null);
  if (shared !== 'null') to.restoreShared?.(JSON.parse(shared));
  for (const group of groups) to.restore(group, JSON.parse(JSON.stringify(from.save(group))));
  return to;
}

function* runningSum(numbers: readonly number[]): Generator<number> {
  let sum = 0;
  for (const number of numbers) yield (sum += number);
}

function dictionaryOf(texts: readonly string[]): DictionaryColumn {
  const values = [...new Set(texts)];
  return { values, indexes: Uint32Array.from(texts, (text) => values.indexOf(text)) };
}

function textsOf(texts: readonly string[]): TextColumn {
  const parts = texts.map((text) => Buffer.from(text));
  const ends = Uint32Array.from(runningSum(parts.map(({ length }) => length)));
  return { bytes: Buffer.concat(parts), starts: ends.map((end, i) => end - parts[i].length), ends };
}
