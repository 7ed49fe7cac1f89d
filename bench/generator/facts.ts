/**
 * What is true of the generated lines, counted while they are made: the oracle of every scenario. Words and phrases are
 * chosen so that they stand in messages only, never as the value of a field, so a bare word's count is the message's.
 */
import { levels } from './templates.ts';
import type { Level } from './templates.ts';

export interface KnownTrace {
  readonly traceId: string;
  lines: number;
}

export interface Facts {
  lines: number;
  /** Event times of the first and last line by time, milliseconds. */
  earliestMs: number;
  latestMs: number;
  readonly byLevel: Record<Level, number>;
  readonly byService: Map<string, number>;
  /** `service level` → lines. */
  readonly byServiceAndLevel: Map<string, number>;
  /** Minutes since 1970 → lines of each level, in the order of `levels`. */
  readonly byMinute: Map<number, number[]>;
  /** Seconds since 1970 → lines; only where asked for. */
  readonly bySecond: Map<number, number> | undefined;
  readonly words: Map<string, number>;
  readonly phrases: Map<string, number>;
  /** A few traces, with all their lines. */
  readonly traces: KnownTrace[];
  /** A few order ids that stand in an attribute, with the number of their lines. */
  readonly orderIds: { readonly id: string; lines: number }[];
}

export function emptyFacts(words: readonly string[], phrases: readonly string[], bySecond: boolean): Facts {
  return {
    lines: 0,
    earliestMs: Number.POSITIVE_INFINITY,
    latestMs: Number.NEGATIVE_INFINITY,
    byLevel: Object.fromEntries(levels.map((level) => [level, 0])) as Record<Level, number>,
    byService: new Map(),
    byServiceAndLevel: new Map(),
    byMinute: new Map(),
    bySecond: bySecond ? new Map() : undefined,
    words: new Map(words.map((word) => [word, 0])),
    phrases: new Map(phrases.map((phrase) => [phrase, 0])),
    traces: [],
    orderIds: [],
  };
}

export function addTo<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** True where the phrase's tokens stand next to each other in the tokens. */
export function holdsPhrase(tokens: readonly string[], phrase: readonly string[]): boolean {
  return tokens.some((_, at) => phrase.every((word, index) => tokens[at + index] === word));
}

/** Counts a line in its minute and widens the range of times. */
export function countTime(facts: Facts, atMs: number, levelIndex: number): void {
  if (atMs < facts.earliestMs) facts.earliestMs = atMs;
  if (atMs > facts.latestMs) facts.latestMs = atMs;
  if (facts.bySecond !== undefined) addTo(facts.bySecond, Math.floor(atMs / 1000), 1);
  const minute = Math.floor(atMs / 60_000);
  let counts = facts.byMinute.get(minute);
  if (counts === undefined) facts.byMinute.set(minute, (counts = new Array<number>(levels.length).fill(0)));
  counts[levelIndex]++;
}
