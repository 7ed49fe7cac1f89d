/**
 * The correlated set: the shop of the demo stream, with traces across services, sessions, releases and incidents. Lines
 * follow from each other, so ids repeat within a trace and bursts hit one service.
 */
import { Simulation, toRecord } from '../../src/cli/demo/simulation.ts';
import type { DemoLine } from '../../src/cli/demo/simulation.ts';
import { addTo, countTime, emptyFacts, holdsPhrase } from './facts.ts';
import type { Facts, KnownTrace } from './facts.ts';
import { levels, tokensOf } from './templates.ts';

export const correlatedWords = ['checkout', 'timeout', 'certificate', 'declined'] as const;
export const correlatedPhrases = ['failed to charge card', 'pool exhausted'] as const;

/** Traces whose id begins so are followed: the id decides, so that none is missed in its first lines. */
const followedPrefix = '5a';
const maxKnown = 200;
const virtualStartMs = Date.UTC(2025, 0, 1);
const stepMs = 10_000;

export class CorrelatedLines {
  readonly facts: Facts;
  readonly #source: Iterator<DemoLine>;
  readonly #shiftMs: number;
  readonly #traces = new Map<string, KnownTrace>();
  readonly #orders = new Map<string, { readonly id: string; lines: number }>();
  readonly #phrases: readonly (readonly [phrase: string, tokens: readonly string[]])[] = correlatedPhrases.map((phrase) => [
    phrase,
    tokensOf(phrase),
  ]);

  /** `lineCount` lines that end at `endMs` and take about `rangeMs`. */
  constructor(seed: number, lineCount: number, endMs: number, rangeMs: number, bySecond: boolean) {
    this.facts = emptyFacts(correlatedWords, correlatedPhrases, bySecond);
    const linesPerSecond = lineCount / (rangeMs / 1000);
    // Only a first run through tells when the last line is written; the second run writes them so that it is at the end.
    let left = lineCount;
    let lastMs = virtualStartMs;
    for (const { atMs } of simulate(seed, linesPerSecond)) {
      lastMs = atMs;
      if (--left <= 0) break;
    }
    this.#shiftMs = Math.floor(endMs - lastMs);
    this.#source = simulate(seed, linesPerSecond)[Symbol.iterator]();
  }

  line(): string {
    const next = this.#source.next();
    const line = { ...(next.value as DemoLine), atMs: Math.floor((next.value as DemoLine).atMs) + this.#shiftMs };
    this.#count(line);
    return JSON.stringify(toRecord(line));
  }

  settle(): void {}

  #count({ atMs, level, service, message, traceId, metadata }: DemoLine): void {
    const { facts } = this;
    facts.lines++;
    facts.byLevel[level]++;
    addTo(facts.byService, service, 1);
    addTo(facts.byServiceAndLevel, `${service} ${level}`, 1);
    countTime(facts, atMs, levels.indexOf(level));
    const tokens = tokensOf(message);
    for (const word of correlatedWords) if (tokens.includes(word)) addTo(facts.words, word, 1);
    for (const [phrase, words] of this.#phrases) if (holdsPhrase(tokens, words)) addTo(facts.phrases, phrase, 1);
    if (traceId !== '') this.#countTrace(traceId);
    if (typeof metadata.order_id === 'string') this.#countOrder(metadata.order_id);
  }

  #countTrace(traceId: string): void {
    const known = this.#traces.get(traceId);
    if (known !== undefined) {
      known.lines++;
    } else if (this.facts.traces.length < maxKnown && traceId.startsWith(followedPrefix)) {
      const trace = { traceId, lines: 1 };
      this.#traces.set(traceId, trace);
      this.facts.traces.push(trace);
    }
  }

  /** Only the first orders are followed, from their first line on. */
  #countOrder(id: string): void {
    const known = this.#orders.get(id);
    if (known !== undefined) {
      known.lines++;
    } else if (this.#orders.size < maxKnown) {
      const order = { id, lines: 1 };
      this.#orders.set(id, order);
      this.facts.orderIds.push(order);
    }
  }
}

function* simulate(seed: number, linesPerSecond: number): Generator<DemoLine> {
  const simulation = new Simulation({ seed, startMs: virtualStartMs, linesPerSecond });
  for (let untilMs = virtualStartMs + stepMs; ; untilMs += stepMs) yield* simulation.advance(untilMs);
}
