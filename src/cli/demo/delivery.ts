/** Sends the demo's lines to a server, again and again until they are taken, and keeps honest counts of what became of them. */
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';

const requestTimeoutMs = 15_000;
const firstPauseMs = 500;
const longestPauseMs = 10_000;

export interface DeliveryCounts {
  /** Lines that the server said it took. */
  ingested: number;
  /** Lines that the server took note of but refused. */
  failed: number;
  retries: number;
  /** Lines in requests that broke off without an answer and were sent again: these may be stored twice. */
  possiblyTwice: number;
}

export interface DeliveryOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
  /** Called before each pause, so that a waiting demo can say why. */
  readonly onRetry?: () => void;
}

interface Attempt {
  readonly answer?: { readonly ingested: number; readonly failed: number };
  readonly problem?: string;
  readonly pauseMs?: number;
  readonly unanswered?: boolean;
}

export class Delivery {
  readonly counts: DeliveryCounts = { ingested: 0, failed: 0, retries: 0, possiblyTwice: 0 };
  /** Why the server does not take lines at the moment; empty when it does. */
  problem = '';
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  headers(): Record<string, string> {
    const { apiKey } = this.#options;
    return { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }) };
  }

  /**
   * Resolves to true when the server has taken the records, to false when the signal came first. Rejects with AppError
   * where trying again is of no use: a wrong key, or an address that is no Millrace server.
   */
  async send(records: readonly unknown[]): Promise<boolean> {
    const { clock, signal } = this.#options;
    const body = JSON.stringify({ logs: records });
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      const attempt = await this.#attempt(body);
      if (attempt.answer !== undefined) {
        this.problem = '';
        this.counts.ingested += attempt.answer.ingested;
        this.counts.failed += attempt.answer.failed;
        return true;
      }
      this.problem = attempt.problem ?? '';
      this.counts.retries++;
      if (attempt.unanswered) this.counts.possiblyTwice += records.length;
      this.#options.onRetry?.();
      await clock.sleep(attempt.pauseMs ?? pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
    return false;
  }

  async #attempt(body: string): Promise<Attempt> {
    let response: Response;
    let text: string;
    try {
      // Not with the signal of the demo: a request that is under way is seen to its end, so that its lines are counted.
      response = await this.#options.fetch(`${this.#options.url}/v1/logs/ingest`, {
        method: 'POST',
        headers: this.headers(),
        body,
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      text = await response.text();
    } catch (error) {
      const refused = connectionRefused(error);
      return { problem: refused ? 'the server does not answer' : `no answer: ${reasonOf(error)}`, unanswered: !refused };
    }
    if (response.ok) return { answer: readAnswer(text, this.#options.url) };
    if (response.status === 429 || response.status >= 500) {
      const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
      return {
        problem: `the server answers ${response.status}: ${errorMessage(text)}`,
        ...(retryAfterS >= 0 ? { pauseMs: Math.min(Math.max(retryAfterS * 1000, firstPauseMs), longestPauseMs) } : {}),
      };
    }
    if (response.status === 401 || response.status === 403) {
      throw new AppError(
        response.status === 401 ? 'unauthenticated' : 'forbidden',
        `the server does not let the demo in: ${errorMessage(text)}`,
      );
    }
    throw new AppError('bad_request', `the server answers ${response.status}: ${errorMessage(text)}`);
  }
}

function readAnswer(text: string, url: string): { ingested: number; failed: number } {
  try {
    const { ingested, failed } = JSON.parse(text) as { ingested?: unknown; failed?: unknown };
    if (typeof ingested === 'number' && typeof failed === 'number') return { ingested, failed };
  } catch {
    // Falls through to the error, which says the same.
  }
  throw new AppError('not_found', `what answers at ${url} is no Millrace server`);
}

function errorMessage(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    return error?.message ?? text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** True where nothing listens, so that nothing can have been taken. */
export function connectionRefused(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: string; errors?: { code?: string }[] } | undefined) : undefined;
  const codes = [cause?.code, ...(cause?.errors ?? []).map(({ code }) => code)];
  return codes.some((code) => code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN');
}
