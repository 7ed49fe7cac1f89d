/** The API of alert rules as the command line calls it. */
import { AppError } from '#base/errors.ts';
import type { RuleInFile } from './rule-files.ts';

export interface AlertsTarget {
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly fetch: typeof fetch;
}

export interface ListedRule {
  readonly id: string;
  readonly state: string;
  readonly value: number | null;
  readonly groups: { readonly firing: number };
  readonly muted_until: string | null;
  readonly last_error: string | null;
  readonly rule: Readonly<Record<string, unknown>> & { readonly name: string };
}

export interface AppliedChange {
  readonly action: 'create' | 'update' | 'keep' | 'remove';
  readonly id: string | null;
  readonly name: string;
  readonly differences: readonly { readonly member: string; readonly before: unknown; readonly after: unknown }[];
  readonly warnings: readonly { readonly field: string; readonly message: string }[];
}

interface Failure {
  readonly message: string;
  readonly details?: { readonly problems?: readonly { readonly field: string; readonly message: string }[] };
}

export class AlertsClient {
  readonly #target: AlertsTarget;
  readonly #base: string;

  constructor(target: AlertsTarget) {
    this.#target = target;
    this.#base = target.url.replace(/\/+$/, '');
  }

  /** @throws AppError where the server does not answer, or refuses */
  async list(): Promise<readonly ListedRule[]> {
    return (await this.#ask<{ readonly rules: readonly ListedRule[] }>('GET', '/v1/alerts', undefined, [])).rules;
  }

  act(id: string, action: 'mute' | 'unmute', body: object | undefined): Promise<ListedRule> {
    return this.#ask('POST', `/v1/alerts/${encodeURIComponent(id)}/${action}`, body ?? {}, []);
  }

  apply(
    rules: readonly RuleInFile[],
    { isDryRun, prune }: { readonly isDryRun: boolean; readonly prune: boolean },
  ): Promise<{ readonly changes: readonly AppliedChange[] }> {
    const body = { rules: rules.map(({ rule }) => rule), dry_run: isDryRun, prune };
    return this.#ask('POST', '/v1/alerts/rules/apply', body, rules);
  }

  async #ask<T>(method: string, path: string, body: object | undefined, rules: readonly RuleInFile[]): Promise<T> {
    const { fetch: request, apiKey } = this.#target;
    const headers = { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }) };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await request(`${this.#base}${path}`, init).catch((cause: unknown) => {
      throw new AppError('not_found', `no Millrace server answers at ${this.#base}; name it with --url`, { cause });
    });
    const answer = (await response.json().catch(() => ({}))) as T & { readonly error?: Failure };
    if (!response.ok) throw refused(response.status, answer.error, rules);
    return answer;
  }
}

/** Each problem with the place of its rule in its file, where it is about a file. */
function refused(status: number, failure: Failure | undefined, rules: readonly RuleInFile[]): AppError {
  const problems = (failure?.details?.problems ?? []).flatMap(({ field, message }) => {
    const match = /^rules\.(\d+)(?:\.|$)(.*)$/s.exec(field);
    const rule = match === null ? undefined : rules[Number(match[1])];
    return match === null || rule === undefined ? [] : [`\n  ${rule.place}: ${match[2] === '' ? '' : `${match[2]}: `}${message}`];
  });
  const message =
    problems.length === 0 ? `the server refused (${status}): ${failure?.message ?? ''}` : `nothing was changed:${problems.join('')}`;
  return new AppError('bad_request', message);
}
