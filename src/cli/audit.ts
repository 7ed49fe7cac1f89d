/**
 * `millrace audit`: asks a running server to prove its ledger against its store (`POST /v1/admin/audit`) and prints the
 * figures of each tenant.
 */
import { AppError } from '#base/errors.ts';

export interface AuditOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly fetch: typeof fetch;
  readonly say: (text: string) => void;
}

interface Answer {
  readonly consistent: boolean;
  readonly tenants: Readonly<Record<string, TenantFigures>>;
  readonly error?: { readonly message: string };
}

interface TenantFigures {
  readonly received: number;
  readonly accepted: number;
  readonly found: number;
  readonly quarantined: number;
  readonly kept: number;
  readonly problems: readonly string[];
}

const columns = ['received', 'accepted', 'found', 'quarantined', 'kept'] as const;

/** True where everything agrees. @throws AppError where the server does not answer, or refuses */
export async function requestAudit({ url, apiKey, fetch: request, say }: AuditOptions): Promise<boolean> {
  const base = url.replace(/\/+$/, '');
  const headers = { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }) };
  const response = await request(`${base}/v1/admin/audit`, { method: 'POST', headers, body: '{}' }).catch((cause: unknown) => {
    throw new AppError('not_found', `no Millrace server answers at ${base}`, { cause });
  });
  const answer = (await response.json()) as Answer;
  if (!response.ok) throw new AppError('bad_request', `the server refused (${response.status}): ${answer.error?.message ?? ''}`);
  for (const line of tableOf(answer.tenants)) say(line);
  for (const [tenant, { problems }] of Object.entries(answer.tenants)) for (const problem of problems) say(`${tenant}: ${problem}`);
  say(answer.consistent ? 'the ledger agrees with the store' : 'the ledger does NOT agree with the store');
  return answer.consistent;
}

function tableOf(tenants: Answer['tenants']): string[] {
  const rows = [
    ['tenant', ...columns],
    ...Object.entries(tenants).map(([name, figures]) => [name, ...columns.map((column) => String(figures[column]))]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '));
}
