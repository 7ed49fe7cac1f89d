/**
 * Clients that send numbered lines without pause, over all ingest endpoints and encodings, and remember what became of
 * each: the oracle of the tests that kill the product. Lines of one request share its fate. Every other request carries a
 * batch id and is sent again, to the next product too, until it is acknowledged: then its lines are there once. Some have a
 * bad record among them, which goes into the quarantine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Product } from '../support/product.ts';

export type Fate = 'open' | 'acknowledged' | 'refused' | 'unknown';

export interface SentBatch {
  /** Bad records among the lines, beside `count`. */
  readonly bad: number;
  readonly first: number;
  readonly count: number;
  fate: Fate;
}

/** What one answer of the ingest API said. */
export interface Refusal {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly code: string;
}

const encodings = [
  ['identity', (body: Buffer) => body],
  ['zstd', zstdCompressSync],
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const;

export const service = 'numbered';

/** `number` is stored in the attribute `n`, and as a word of the message. */
function bodyOf(variant: number, { first, count, bad }: SentBatch): readonly [path: string, contentType: string, body: string] {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  const timestamp = new Date().toISOString();
  const message = (number: number): string => `line number${number} of the kill test with some words around it`;
  const wrong = Array.from({ length: bad }, () => ({ timestamp: 'yesterday', ts: 'yesterday', message: 'never a line' }));
  const native = [...numbers.map((n) => ({ timestamp, service, level: 'INFO', message: message(n), metadata: { n } })), ...wrong];
  switch (variant % 4) {
    case 0:
      return ['/v1/logs/ingest', 'application/json', JSON.stringify({ logs: native })];
    case 1:
      return ['/api/v1/logs/ingest', 'application/json', JSON.stringify({ logs: native })];
    case 2:
      return [
        '/v1/ingest',
        'application/json',
        JSON.stringify({
          source: { service },
          logs: [...numbers.map((n) => ({ ts: timestamp, level: 'INFO', msg: message(n), meta: { n } })), ...wrong],
        }),
      ];
    default:
      return ['/v1/logs/ingest', 'application/x-ndjson', native.map((record) => JSON.stringify(record)).join('\n')];
  }
}

/** Sends until it is stopped, and goes on with the next product when one dies. */
export class NumberedSenders {
  readonly batches: SentBatch[] = [];
  readonly refusals: Refusal[] = [];
  readonly #batchLines: number;
  readonly #pauseMs: number;
  readonly #running: Promise<void>[];
  #product: Product | undefined;
  #next = 0;
  #variant = 0;
  #stopped = false;
  readonly #ackListeners: (() => void)[] = [];

  constructor({ clients = 3, batchLines = 200, pauseMs = 5 } = {}) {
    this.#batchLines = batchLines;
    this.#pauseMs = pauseMs;
    this.#running = Array.from({ length: clients }, () => this.#run());
  }

  /** To whom it sends from now on; undefined: to nobody. */
  set product(product: Product | undefined) {
    this.#product = product;
  }

  /** Resolves right after the next acknowledgement. */
  nextAck(): Promise<void> {
    return new Promise((resolve) => this.#ackListeners.push(resolve));
  }

  get acknowledgedLines(): number {
    return this.batches.reduce((sum, { fate, count }) => sum + (fate === 'acknowledged' ? count : 0), 0);
  }

  /** Bad records of requests that were acknowledged. */
  get acknowledgedBad(): number {
    return this.batches.reduce((sum, { fate, bad }) => sum + (fate === 'acknowledged' ? bad : 0), 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#product === undefined) await sleep(10);
      else await this.#sendNext();
      await sleep(this.#pauseMs);
    }
  }

  async #sendNext(): Promise<void> {
    const variant = (this.#variant += 1);
    const bad = variant % 7 === 0 ? 2 : 0;
    const batch: SentBatch = { first: this.#next, count: this.#batchLines, bad, fate: 'open' };
    this.#next += batch.count;
    this.batches.push(batch);
    const batchId = variant % 2 === 0 ? `batch-${batch.first}` : undefined;
    do {
      if (this.#product === undefined) await sleep(10);
      else await this.#send(this.#product, batch, variant, batchId);
    } while (batchId !== undefined && batch.fate !== 'acknowledged' && !this.#stopped);
  }

  async #send(product: Product, batch: SentBatch, variant: number, batchId: string | undefined): Promise<void> {
    const [path, contentType, body] = bodyOf(variant, batch);
    const [encoding, compress] = encodings[variant % encodings.length];
    const identity: Record<string, string> = batchId === undefined ? {} : { 'x-batch-id': batchId };
    try {
      const headers = { 'content-type': contentType, 'content-encoding': encoding, ...identity };
      const response = await product.post(path, compress(Buffer.from(body)), headers);
      const answer = (await response.json()) as { failed?: number; error?: { code: string } };
      // a repetition that is recognised is taken whole
      if (response.status === 202 && (answer.failed === batch.bad || batchId !== undefined)) {
        batch.fate = 'acknowledged';
        for (const tell of this.#ackListeners.splice(0)) tell();
        return;
      }
      // one that was sent before without an answer may be there
      if (batch.fate !== 'unknown') batch.fate = 'refused';
      this.refusals.push({
        status: response.status,
        retryAfter: response.headers.get('retry-after'),
        code: answer.error?.code ?? JSON.stringify(answer),
      });
      await sleep(100);
    } catch {
      // The connection broke: nobody knows whether it arrived.
      batch.fate = 'unknown';
      await sleep(20);
    }
  }
}

/** What a comparison of all found lines with all sent ones says; empty when the promises hold. */
export function discrepancies(batches: readonly SentBatch[], foundNumbers: readonly number[]): string[] {
  const times = new Map<number, number>();
  for (const number of foundNumbers) times.set(number, (times.get(number) ?? 0) + 1);
  const complaints: string[] = [];
  for (const { first, count, fate } of batches) {
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    const found = numbers.filter((number) => times.has(number)).length;
    if (numbers.some((number) => (times.get(number) ?? 0) > 1)) complaints.push(`lines from ${first} (${fate}) are found more than once`);
    if (fate === 'acknowledged' && found !== count)
      complaints.push(`${count - found} of ${count} acknowledged lines from ${first} are missing`);
    if (fate === 'refused' && found > 0) complaints.push(`${found} refused lines from ${first} are found`);
    if (fate === 'unknown' && found !== 0 && found !== count)
      complaints.push(`the batch from ${first}, never answered, is there in part: ${found} of ${count}`);
    for (const number of numbers) times.delete(number);
  }
  if (times.size > 0) complaints.push(`lines that nobody sent are found: ${[...times.keys()].slice(0, 5).join(', ')}`);
  return complaints;
}
