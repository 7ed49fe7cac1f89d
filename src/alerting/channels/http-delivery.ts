/** A POST of JSON to a service, and what its answer means for the delivery. */
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { maskSecrets } from '../redaction.ts';
import type { DeliveryOutcome, OutgoingHttp } from '../notification.ts';
import { shortened, shownLine } from './shown-text.ts';

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Texts that no outcome may show, such as the address itself where it is a secret. */
  readonly secrets: readonly string[];
}

/** Posts; the outcome of its status, or what `judge` makes of an answer that the status calls delivered. */
export async function postJson(
  http: OutgoingHttp,
  clock: Clock,
  request: HttpRequest,
  signal: AbortSignal,
  judge: (reply: HttpReply) => DeliveryOutcome = delivered,
): Promise<DeliveryOutcome> {
  try {
    const headers = { 'content-type': 'application/json', 'user-agent': 'millrace', ...request.headers };
    const reply = await http.post(request.url, { headers, body: request.body, signal });
    return outcomeOfStatus(reply, clock, request.secrets) ?? judge(reply);
  } catch (error) {
    return outcomeOfError(error, request.secrets);
  }
}

const delivered = ({ status }: HttpReply): DeliveryOutcome => ({ kind: 'delivered', detail: `answered ${status}` });

/** Statuses below 500 that say "later": request timeout, too early, too many requests. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** 5xx and the like: again later. Other 3xx and 4xx: never as it is. 2xx: undefined, the answer is to be judged. */
export function outcomeOfStatus(reply: HttpReply, clock: Clock, secrets: readonly string[]): DeliveryOutcome | undefined {
  const { status } = reply;
  if (status >= 200 && status < 300) return undefined;
  const said = excerpt(reply.body, secrets);
  const detail = `answered ${status}${said === '' ? '' : `: ${said}`}`;
  if (status < 500 && !passing.has(status)) return { kind: 'refused', detail };
  return { kind: 'retry', detail, retryAfterMs: retryAfterMs(reply.headers['retry-after'], clock) };
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3); undefined where there is none that can be read. */
export function retryAfterMs(value: string | undefined, clock: Clock): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}(?:\.\d{1,3})?\s*$/.test(value)) return Math.ceil(Number(value) * 1000);
  const dateMs = /^[A-Za-z]{3},? /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - clock.nowMs());
}

/** An address that is forbidden or no address will not become one; all else of a network passes. */
export function outcomeOfError(error: unknown, secrets: readonly string[]): DeliveryOutcome {
  const refused = error instanceof AppError && (error.kind === 'forbidden' || error.kind === 'bad_request');
  return { kind: refused ? 'refused' : 'retry', detail: reasonOf(error, secrets) };
}

function reasonOf(error: unknown, secrets: readonly string[]): string {
  if (!(error instanceof Error)) return excerpt(String(error), secrets);
  const cause = error.cause instanceof Error ? error.cause.message : '';
  const told = cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
  return excerpt(told, secrets) || error.name;
}

/** What the other end said, short, in one line, with nothing in it that looks like a secret or is one. */
export function excerpt(text: string, secrets: readonly string[]): string {
  const told = secrets.reduce((shown, secret) => (secret.length < 4 ? shown : shown.replaceAll(secret, '[secret]')), text.slice(0, 4000));
  return shortened(shownLine(maskSecrets(told)), 300);
}
