/**
 * `millrace replay`: asks a running server to process kept lines of the durable log again (`POST /v1/replay`). The lines
 * get new versions that replace the old ones; searches see one version of a line, never both.
 */
import { AppError } from '#base/errors.ts';
import { parseDurationMs } from '#base/units.ts';
import type { Clock } from '#platform/clock.ts';

export interface ReplayOptions {
  /** RFC 3339 time, a span back from now, or `shard:sequence,…`. */
  readonly from: string;
  /** Parse lines that were text again. */
  readonly reparse?: boolean;
  readonly url: string;
  readonly apiKey?: string;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly say: (text: string) => void;
}

/** Body of the request: a time, or the first sequence to replay of each shard that is named. */
export type ReplayRequest = { readonly from: string } | { readonly positions: Readonly<Record<string, number>> };

/** @throws AppError bad_request where the text is neither a time nor a span nor positions */
export function parseReplayStart(text: string, nowMs: number): ReplayRequest {
  if (/^\d+:\d+(,\d+:\d+)*$/.test(text)) {
    return { positions: Object.fromEntries(text.split(',').map((pair) => pair.split(':').map(Number) as [number, number])) };
  }
  const spanMs = /[a-z]$/i.test(text) && !text.endsWith('Z') ? parseDurationMs(text) : undefined;
  const timeMs = spanMs === undefined ? Date.parse(text) : nowMs - spanMs;
  const isTime = spanMs !== undefined || /^\d{4}-\d{2}-\d{2}(T|$)/.test(text);
  if (isTime && Number.isFinite(timeMs)) return { from: new Date(timeMs).toISOString() };
  throw new AppError(
    'bad_request',
    `--from "${text}" is neither a time (2026-01-31T12:00:00Z), nor a span (30m), nor positions (0:1200,1:980)`,
  );
}

export async function requestReplay({ from, reparse = false, url, apiKey, clock, fetch: request, say }: ReplayOptions): Promise<void> {
  const body = JSON.stringify({ ...parseReplayStart(from, clock.nowMs()), ...(reparse ? { reparse } : {}) });
  const headers = { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }) };
  const base = url.replace(/\/+$/, '');
  const response = await request(`${base}/v1/replay`, { method: 'POST', headers, body }).catch((cause: unknown) => {
    throw new AppError('not_found', `no Millrace server answers at ${base}`, { cause });
  });
  const answer = await response.text();
  if (!response.ok) throw new AppError('bad_request', `the server refused (${response.status}): ${messageOf(answer)}`);
  say(answer);
}

function messageOf(answer: string): string {
  try {
    return (JSON.parse(answer) as { error: { message: string } }).error.message;
  } catch {
    return answer.slice(0, 500);
  }
}
