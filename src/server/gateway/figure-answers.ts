/**
 * Reads of the metrics cache, answered in the gateway worker: a panel or a load balancer asks for the same figures again and
 * again, and the way through the main thread costs ten times the answer. The text of an answer is asked of the main thread
 * at most once in `metrics_cache.answer_age` and kept by tenant and query.
 *
 * Invariants: a caller is known and may read before anything is looked up, and the tenant is part of the key; whatever is
 * not plain (a refusal, an error, a body, a priority) goes the usual way through the API, which says what is wrong.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access, Credentials } from '#access/access.ts';
import type { MetricsCacheConfig } from '#consumers/service-metrics/config.ts';
import type { Clock } from '#platform/clock.ts';

export const figuresPath = '/v1/services/metrics';

/** What the main thread is asked for. */
export interface FiguresQuestion {
  readonly tenant: string;
  /** The query string, without its mark. */
  readonly query: string;
}

export interface FigureAnswersOptions {
  readonly config: Pick<MetricsCacheConfig, 'answer_age' | 'max_answers'>;
  /** Throws where the caller may not read. */
  readonly authenticate: (credentials: Credentials) => ReturnType<Access['authenticate']>;
  /** The body of the answer; undefined where the question is wrong. */
  readonly ask: (question: FiguresQuestion) => Promise<string | undefined>;
  readonly onAnswer: () => void;
  readonly clock: Clock;
}

interface KeptAnswer {
  /** Undefined where the question is wrong. */
  readonly body: Promise<Buffer | undefined>;
  /** `body` once it is there. */
  ready: Buffer | undefined;
  readonly askedAtMs: number;
}

export class FigureAnswers {
  readonly #options: FigureAnswersOptions;
  /** By tenant and query, the oldest first. */
  readonly #kept = new Map<string, KeptAnswer>();

  constructor(options: FigureAnswersOptions) {
    this.#options = options;
  }

  /** Answers, or calls `forward`, now or later. */
  answer(request: IncomingMessage, response: ServerResponse, forward: () => void): void {
    const tenant = this.#tenantOf(request);
    if (tenant === undefined) return forward();
    const url = request.url ?? '';
    const kept = this.#keptAnswer({ tenant, query: url.slice(figuresPath.length + 1) });
    if (kept.ready !== undefined) return this.#send(response, kept.ready);
    const send = (body: Buffer | undefined): void => {
      if (response.destroyed) return;
      if (body === undefined) forward();
      else this.#send(response, body);
    };
    kept.body.then(send, forward);
  }

  /** The caller's tenant; undefined where the API is to decide. */
  #tenantOf({ method, headers }: IncomingMessage): string | undefined {
    if (method !== 'GET' || headers['x-priority'] !== undefined) return undefined;
    if (headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined) return undefined;
    const text = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
    try {
      const { authorization } = headers;
      const credentials = { authorization, apiKey: text(headers['x-api-key']), tenant: text(headers['x-tenant-id']) };
      return this.#options.authenticate(credentials).tenant;
    } catch {
      // the API refuses it in its own words
      return undefined;
    }
  }

  #keptAnswer(question: FiguresQuestion): KeptAnswer {
    const { config, clock, ask } = this.#options;
    const key = `${question.tenant}\n${question.query}`;
    const nowMs = clock.monotonicMs();
    const known = this.#kept.get(key);
    if (known !== undefined && nowMs - known.askedAtMs < config.answer_age) return known;
    this.#kept.delete(key);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= config.max_answers) this.#kept.delete(oldest);
    const body = ask(question).then((text) => (text === undefined ? undefined : Buffer.from(text)));
    const answer: KeptAnswer = { body, ready: undefined, askedAtMs: nowMs };
    body.then(
      (ready) => (answer.ready = ready),
      () => this.#kept.delete(key),
    );
    this.#kept.set(key, answer);
    return answer;
  }

  #send(response: ServerResponse, body: Buffer): void {
    this.#options.onAnswer();
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length,
      'x-content-type-options': 'nosniff',
    });
    response.end(body);
  }
}
