/**
 * The independent set: lines as in architecture.md, part 2. Every line has ids of its own with their real entropy, and
 * no line follows from another. Text is put together directly, without an object a line: about 2 µs each.
 */
import { Random } from '../../src/cli/demo/random.ts';
import { addTo, countTime, emptyFacts, holdsPhrase } from './facts.ts';
import type { Facts } from './facts.ts';
import { buildTemplates, levels, tokensOf } from './templates.ts';
import type { SlotKind, Template } from './templates.ts';

/** Common, less common and rare, as measured by their share of lines: 20 %, 3 %, 0.4 %. */
export const independentWords = ['request', 'timeout', 'deadlock', 'circuit'] as const;
export const independentPhrases = ['connection reset by peer', 'deadlock detected'] as const;

const hosts = Array.from({ length: 200 }, (_, index) => `prod-${['web', 'app', 'db', 'job'][index % 4]}-${String(index).padStart(3, '0')}`);
const regions = ['eu-central-1', 'eu-central-1', 'eu-west-3', 'us-east-1', 'us-west-2', 'ap-south-1'];
const paths = ['orders', 'products', 'users', 'carts', 'labels', 'exports', 'sessions', 'invoices', 'reports', 'images'];
const statusByLevel = {
  DEBUG: [200],
  INFO: [200, 200, 200, 201, 204, 302],
  WARN: [200, 404, 408, 429],
  ERROR: [500, 502, 503, 504],
  FATAL: [500],
} as const;
const errorCodes = ['TIMEOUT', 'ECONNRESET', 'DEADLOCK_LOSER', 'UPSTREAM_503', 'VALIDATION'];
/** Lines reach their sender's batch up to so much after the event; a power of two less one. */
export const maxLatenessMs = 2047;
const sampleEveryLines = 997;
const threeDigits = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));

const slotTexts: Readonly<Record<SlotKind, (random: Random) => string>> = {
  n: (random) => String(random.uint32() % 100_000),
  ms: (random) => String(Math.round(random.logNormal(40, 1.1))),
  small: (random) => String(random.uint32() % 12),
  id: (random) => random.hex(12),
  user: (random) => `u-${random.uint32() % 900_000}`,
  req: (random) => `req_${random.hex(12)}`,
  order: (random) => `ord-${random.uint32() % 100_000_000}`,
  ip: (random) => `10.${random.uint32() & 255}.${random.uint32() & 255}.${random.uint32() & 255}`,
  path: (random) => random.pick(paths),
};

export class IndependentLines {
  readonly facts: Facts;
  readonly #random: Random;
  readonly #templates: readonly Template[];
  /** Index of a template for each value of 16 random bits, so that choosing costs one look-up. */
  readonly #chooser = new Uint16Array(65_536);
  readonly #templateCounts: Float64Array;
  readonly #levelIndexes: readonly number[];
  #second = -1;
  #secondText = '';

  constructor(seed: number, bySecond: boolean) {
    this.facts = emptyFacts(independentWords, independentPhrases, bySecond);
    this.#random = new Random(seed);
    const weighted = buildTemplates();
    this.#templates = weighted.map(({ template }) => template);
    this.#levelIndexes = this.#templates.map(({ level }) => levels.indexOf(level));
    this.#templateCounts = new Float64Array(weighted.length);
    let at = 0;
    let upTo = 0;
    for (const [index, { share }] of weighted.entries()) {
      upTo += share * 65_536;
      // Rounding may leave a rare template without a value; every one gets at least one.
      for (const end = Math.max(Math.round(upTo), at + 1); at < end && at < 65_536; at++) this.#chooser[at] = index;
    }
    while (at < 65_536) this.#chooser[at++] = this.#chooser[0];
  }

  /** One line as JSON text, at about the time (events are up to `maxLatenessMs` older). */
  line(dueMs: number): string {
    const random = this.#random;
    const index = this.#chooser[random.uint32() >>> 16];
    const template = this.#templates[index];
    const atMs = dueMs - (random.uint32() & maxLatenessMs);
    const traceId = random.hex(32);
    this.#templateCounts[index]++;
    countTime(this.facts, atMs, this.#levelIndexes[index]);
    const sampled = this.facts.lines++ % sampleEveryLines === 0;
    if (sampled && this.facts.traces.length < 200) this.facts.traces.push({ traceId, lines: 1 });
    return (
      `{"timestamp":"${this.#isoTime(atMs)}","level":"${template.level}","service":"${template.service}","host":"${hosts[random.uint32() % 200]}",` +
      `"trace_id":"${traceId}","span_id":"${random.hex(16)}","message":"${this.#message(template)}","metadata":{${this.#metadata(template)}}}`
    );
  }

  /** Settles the counts that are kept by template; call before reading `facts`. */
  settle(): void {
    const { facts } = this;
    facts.byService.clear();
    facts.byServiceAndLevel.clear();
    for (const level of levels) facts.byLevel[level] = 0;
    for (const word of facts.words.keys()) facts.words.set(word, 0);
    for (const phrase of facts.phrases.keys()) facts.phrases.set(phrase, 0);
    for (const [index, { service, level, tokens }] of this.#templates.entries()) {
      const count = this.#templateCounts[index];
      facts.byLevel[level] += count;
      addTo(facts.byService, service, count);
      addTo(facts.byServiceAndLevel, `${service} ${level}`, count);
      for (const word of facts.words.keys()) if (tokens.includes(word)) addTo(facts.words, word, count);
      for (const phrase of facts.phrases.keys()) if (holdsPhrase(tokens, tokensOf(phrase))) addTo(facts.phrases, phrase, count);
    }
  }

  #message({ texts, slots }: Template): string {
    let message = texts[0];
    for (let i = 0; i < slots.length; i++) message += slotTexts[slots[i]](this.#random) + texts[i + 1];
    return message;
  }

  #metadata({ level }: Template): string {
    const random = this.#random;
    let text =
      `"user_id":"u-${random.uint32() % 900_000}","request_id":"req_${random.hex(16)}","latency_ms":${Math.round(random.logNormal(35, 1))},` +
      `"status":${random.pick<number>(statusByLevel[level])},"region":"${random.pick(regions)}","thread":"exec-${random.uint32() % 64}",` +
      `"build":"2025.${random.uint32() % 4}.${random.uint32() % 30}"`;
    if (random.uint32() % 10 < 3) text += `,"order_id":"${this.#orderId()}"`;
    if (level === 'ERROR') text += `,"error_code":"${random.pick(errorCodes)}"`;
    return text;
  }

  #orderId(): string {
    const id = `ord-${this.#random.hex(16)}`;
    const { orderIds, lines } = this.facts;
    if (orderIds.length < 200 && lines > orderIds.length * sampleEveryLines) orderIds.push({ id, lines: 1 });
    return id;
  }

  #isoTime(atMs: number): string {
    const second = Math.floor(atMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * 1000).toISOString().slice(0, 20);
    }
    return `${this.#secondText}${threeDigits[atMs - second * 1000]}Z`;
  }
}
