/** The way of quarantined records back into ingestion: the gateway's own route for it (`receivers/resubmit`). */
import { AppError } from '#base/errors.ts';
import type { ReplayedRecord } from '#consumers/quarantined-records.ts';
import type { Resubmit } from './quarantine.ts';

export interface ResubmitClientOptions {
  /** The gateway's address, known once it listens. */
  readonly url: () => string;
  /** What lets the main thread act for every tenant. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
}

const path = '/internal/v1/resubmit';

export function createResubmitClient({ url, headers, fetch: request }: ResubmitClientOptions): Resubmit {
  return async (tenant, records, preview) => {
    const body = JSON.stringify({
      preview,
      records: records.map(({ bytes, ...record }) => ({ ...record, bytes: Buffer.from(bytes).toString('base64') })),
    });
    const response = await request(`${url()}${path}`, {
      method: 'POST',
      headers: { ...headers, 'x-tenant-id': tenant, 'content-type': 'application/json' },
      body,
    });
    const answer = (await response.json()) as { results: readonly ReplayedRecord[]; error?: { code: string; message: string } };
    if (response.ok) return answer.results;
    // the gateway refuses a request only before anything of it is durable
    throw new AppError('log_unavailable', `ingestion does not take records now: ${answer.error?.message ?? response.status}`, {
      retryAfterMs: 1000,
    });
  };
}
