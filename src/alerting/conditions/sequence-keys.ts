/**
 * The keys of one group of a sequence: on which of them A was followed by B within the span, or was not. By the times at
 * which lines count, in whatever order they come.
 *
 * A line can come `lateness` behind a tick and not more, so what is older can meet nothing new and is forgotten. Each key
 * waits in a queue until the time at which something about it is over. Bounded: beyond `maxKeys` the oldest key goes, one
 * with nothing but answers first; what goes is counted.
 */
import { TimeQueue } from './time-queue.ts';

export interface SequenceTimes {
  /** Keys count on which B did not follow. */
  readonly isMissing: boolean;
  readonly withinMs: number;
  readonly latenessMs: number;
  readonly windowMs: number;
  readonly maxKeys: number;
}

interface Key {
  readonly name: string;
  /** Rises with each new key. */
  readonly order: number;
  /** Lines A that may still be followed, rising. */
  firsts: number[];
  /** Lines B that a late A may still come before, rising. */
  thens: number[];
  /** When it last came to count: B came, or it was certain that none comes. -Infinity where it does not count. */
  countedMs: number;
  /** Its place in the queue; others are old. */
  dueMs: number;
  isSpare: boolean;
}

export type SavedKeys = readonly [
  keys: readonly (readonly [name: string, firsts: readonly number[], thens: readonly number[], countedMs: number | null, dueMs: number])[],
  spare: readonly string[],
  examples: readonly (readonly [name: string, countedMs: number])[],
  leftOut: number,
  lastMs: number | null,
];

/** Of each kind and key: more of them within the span and the lateness tell nothing else but in the rarest case. */
const maxTimesPerKey = 32;
const shownKeys = 3;
const bytesPerKey = 320;
const never = Number.NEGATIVE_INFINITY;

export class SequenceKeys {
  /** Keys in the window. */
  count = 0;
  /** Keys that went for want of room while something was still awaited of them. */
  leftOut = 0;
  /** Newest time of a line. */
  lastMs = never;
  readonly #times: SequenceTimes;
  /** From the end of the span, or from an answer, until no line of that time can come any more. */
  readonly #waitMs: number;
  #nextOrder = 0;
  readonly #keys = new Map<string, Key>();
  /** Those of which only answers are kept: the first to go. */
  readonly #spare = new Set<Key>();
  readonly #queue = new TimeQueue<Key>();
  /** Newest keys that came to count, with their times. */
  #examples: (readonly [name: string, countedMs: number])[] = [];

  constructor(times: SequenceTimes) {
    this.#times = times;
    this.#waitMs = times.latenessMs + 1;
  }

  /** A line A. */
  takeFirst(name: string, atMs: number): void {
    const key = this.#open(name, atMs);
    if (this.#isAnswered(key, atMs)) this.#changed(key);
    else this.#addFirst(key, atMs);
  }

  /** A line B. */
  takeThen(name: string, atMs: number): void {
    const key = this.#open(name, atMs);
    this.#answer(key, atMs);
    this.#addThen(key, atMs);
  }

  /** A line that is A and B: it follows others, and others follow it, but never itself. */
  takeBoth(name: string, atMs: number): void {
    const key = this.#open(name, atMs);
    const isAnswered = this.#isAnswered(key, atMs);
    this.#answer(key, atMs);
    this.#addThen(key, atMs);
    if (!isAnswered) this.#addFirst(key, atMs);
  }

  /** Brings all keys to the tick; ticks rise. */
  advance(tickMs: number): void {
    for (let nextMs = this.#queue.nextMs; nextMs !== undefined && nextMs <= tickMs; nextMs = this.#queue.nextMs) {
      const key = this.#queue.pop();
      if (key.dueMs === nextMs && this.#keys.get(key.name) === key) this.#settle(key, tickMs);
    }
  }

  /** When something about a key is over. */
  get nextMs(): number | undefined {
    return this.#queue.nextMs;
  }

  get size(): number {
    return this.#keys.size;
  }

  get bytes(): number {
    return 300 + this.#keys.size * bytesPerKey;
  }

  /** Of the keys that count, the newest few. */
  examples(): readonly string[] {
    return this.#examples.map(([name]) => name).filter((name) => (this.#keys.get(name)?.countedMs ?? never) > never);
  }

  save(): SavedKeys {
    const keys = [...this.#keys.values()].map(
      ({ name, firsts, thens, countedMs, dueMs }) => [name, firsts, thens, countedMs === never ? null : countedMs, dueMs] as const,
    );
    const spare = [...this.#spare].map(({ name }) => name);
    return [keys, spare, this.#examples, this.leftOut, this.lastMs === never ? null : this.lastMs];
  }

  static restore(times: SequenceTimes, [keys, spare, examples, leftOut, lastMs]: SavedKeys): SequenceKeys {
    const restored = new SequenceKeys(times);
    for (const [name, firsts, thens, countedMs, dueMs] of keys) {
      const key = {
        name,
        order: restored.#nextOrder++,
        firsts: [...firsts],
        thens: [...thens],
        countedMs: countedMs ?? never,
        dueMs,
        isSpare: false,
      };
      restored.#keys.set(name, key);
      restored.#queue.push(dueMs, key);
      if (key.countedMs > never) restored.count++;
    }
    for (const name of spare) {
      const key = restored.#keys.get(name);
      if (key === undefined) continue;
      key.isSpare = true;
      restored.#spare.add(key);
    }
    restored.#examples = [...examples];
    restored.leftOut = leftOut;
    restored.lastMs = lastMs ?? never;
    return restored;
  }

  #open(name: string, atMs: number): Key {
    if (atMs > this.lastMs) this.lastMs = atMs;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    if (this.#keys.size >= this.#times.maxKeys) this.#leaveOne();
    const key: Key = {
      name,
      order: this.#nextOrder++,
      firsts: [],
      thens: [],
      countedMs: never,
      dueMs: Number.POSITIVE_INFINITY,
      isSpare: false,
    };
    this.#keys.set(name, key);
    return key;
  }

  #leaveOne(): void {
    const [spare] = this.#spare;
    const [oldest] = spare === undefined ? this.#keys.values() : [spare];
    if (spare === undefined) this.leftOut++;
    this.#forget(oldest);
    if (this.#queue.size > 4 * this.#times.maxKeys) this.#renewQueue();
  }

  /** Without the places of keys that are gone. */
  #renewQueue(): void {
    this.#queue.clear();
    for (const key of this.#keys.values()) this.#queue.push(key.dueMs, key);
  }

  #forget(key: Key): void {
    if (key.countedMs > never) this.count--;
    this.#keys.delete(key.name);
    this.#spare.delete(key);
  }

  /** Whether a line B is known that follows A; where that counts, it is counted. */
  #isAnswered(key: Key, atMs: number): boolean {
    if (key.thens.length === 0) return false;
    const { isMissing, withinMs } = this.#times;
    const latest = key.thens.findLast((thenMs) => thenMs >= atMs && thenMs <= atMs + withinMs);
    if (latest === undefined) return false;
    if (isMissing) return true;
    this.#countAt(key, latest);
    // another B, within the span, may still come
    return false;
  }

  /** Line B answers the A before it. */
  #answer(key: Key, atMs: number): void {
    if (key.firsts.length === 0) return;
    const { isMissing, withinMs } = this.#times;
    const isAnswer = (firstMs: number): boolean => firstMs <= atMs && firstMs >= atMs - withinMs;
    if (!isMissing) {
      if (key.firsts.some(isAnswer)) this.#countAt(key, atMs);
    } else if (key.firsts.some(isAnswer)) key.firsts = key.firsts.filter((firstMs) => !isAnswer(firstMs));
  }

  #addFirst(key: Key, atMs: number): void {
    insert(key.firsts, atMs);
    this.#changed(key);
  }

  #addThen(key: Key, atMs: number): void {
    insert(key.thens, atMs);
    this.#changed(key);
  }

  #countAt(key: Key, atMs: number): void {
    if (key.countedMs === never) this.count++;
    if (atMs <= key.countedMs) return;
    key.countedMs = atMs;
    this.#show(key);
  }

  /** Newest first, of one moment by name: the same in whatever order the lines came. */
  #show({ name, countedMs }: Key): void {
    const examples = this.#examples.filter(([other]) => other !== name);
    let place = examples.findIndex(([other, atMs]) => atMs < countedMs || (atMs === countedMs && other > name));
    if (place < 0) place = examples.length;
    this.#examples = examples.toSpliced(place, 0, [name, countedMs]).slice(0, shownKeys);
  }

  /** Tells what a tick can tell of a key, and forgets what is over. */
  #settle(key: Key, tickMs: number): void {
    const { isMissing, withinMs, windowMs } = this.#times;
    const knownAfterMs = withinMs + this.#waitMs;
    const over = key.firsts.findLastIndex((firstMs) => firstMs + knownAfterMs <= tickMs);
    if (over >= 0) {
      if (isMissing) this.#countAt(key, key.firsts[over] + knownAfterMs);
      key.firsts.splice(0, over + 1);
    }
    const old = key.thens.findLastIndex((thenMs) => thenMs + this.#waitMs <= tickMs);
    if (old >= 0) key.thens.splice(0, old + 1);
    if (key.countedMs > never && key.countedMs + windowMs <= tickMs) {
      key.countedMs = never;
      this.count--;
    }
    key.dueMs = Number.POSITIVE_INFINITY;
    if (key.firsts.length === 0 && key.thens.length === 0 && key.countedMs === never) this.#forget(key);
    else this.#changed(key);
  }

  /** Puts the key into the queue where something is due earlier than it stands there. */
  #changed(key: Key): void {
    const { withinMs, windowMs } = this.#times;
    const { firsts, thens, countedMs } = key;
    const dueMs = Math.min(
      firsts.length > 0 ? firsts[0] + withinMs + this.#waitMs : Number.POSITIVE_INFINITY,
      thens.length > 0 ? thens[0] + this.#waitMs : Number.POSITIVE_INFINITY,
      countedMs > never ? countedMs + windowMs : Number.POSITIVE_INFINITY,
    );
    if (dueMs < key.dueMs) {
      key.dueMs = dueMs;
      this.#queue.push(dueMs, key);
    }
    const isSpare = firsts.length === 0 && countedMs === never;
    if (isSpare === key.isSpare) return;
    key.isSpare = isSpare;
    if (isSpare) this.#spare.add(key);
    else this.#spare.delete(key);
  }
}

/** Keeps the newest where there are too many. */
function insert(timesMs: number[], atMs: number): void {
  let place = timesMs.length;
  while (place > 0 && timesMs[place - 1] > atMs) place--;
  timesMs.splice(place, 0, atMs);
  if (timesMs.length > maxTimesPerKey) timesMs.shift();
}
