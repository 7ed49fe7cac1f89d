/** What the server tells of its state, as the page needs it: the free parts read with care, and what of it is a problem. Pure. */
import { alertsProblems } from '../../alerts/evaluation-problems.ts';
import type { AnswerOf } from '../../api/client.ts';

export type StatusReport = AnswerOf<'status'>;
export type SourcesReport = AnswerOf<'sources'>;
export type QuarantineReport = AnswerOf<'quarantine'>;
export type ServiceSource = SourcesReport['services'][number];
export type HostSource = SourcesReport['hosts'][number];

export interface Problem {
  /** A `note` keeps no line away that is sent elsewhere. */
  readonly severity: 'danger' | 'caution' | 'note';
  readonly text: string;
  /** Id of the section that tells more. */
  readonly section: string;
}

/** A number within a free part of the report. */
export function numberAt(part: unknown, ...path: readonly string[]): number | undefined {
  const value = at(part, path);
  return typeof value === 'number' ? value : undefined;
}

export function textAt(part: unknown, ...path: readonly string[]): string | undefined {
  const value = at(part, path);
  return typeof value === 'string' ? value : undefined;
}

function at(part: unknown, path: readonly string[]): unknown {
  let value = part;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

export interface Listener {
  readonly name: string;
  readonly port: number;
  readonly transport: string;
  readonly problem: string | undefined;
}

export function listenersOf({ receivers }: StatusReport): readonly Listener[] {
  const listeners = at(receivers, ['listeners']);
  if (!Array.isArray(listeners)) return [];
  return listeners.map((one: unknown) => ({
    name: textAt(one, 'name') ?? '',
    port: numberAt(one, 'port') ?? 0,
    transport: textAt(one, 'transport') ?? '',
    problem: textAt(one, 'problem'),
  }));
}

/** The canary's own tenant is none of anybody's. */
export function tenantsOf({ ledger }: StatusReport): readonly (readonly [string, StatusReport['ledger'][string]])[] {
  return Object.entries(ledger).filter(([tenant]) => !tenant.startsWith('_'));
}

export function silentOf(sources: SourcesReport): { readonly services: readonly ServiceSource[]; readonly hosts: readonly HostSource[] } {
  const services = sources.services.filter(({ state }) => state === 'silent');
  const named = new Set(services.map(({ service }) => service));
  // a service as a whole says it for all its hosts
  return { services, hosts: sources.hosts.filter(({ state, service }) => state === 'silent' && !named.has(service)) };
}

const longLagSeconds = 10;
const order: readonly Problem['severity'][] = ['danger', 'caution', 'note'];

/** What keeps lines from arriving, the worst first. */
export function problemsOf(status: StatusReport, sources?: SourcesReport, quarantine?: QuarantineReport): readonly Problem[] {
  const problems: Problem[] = [];
  const add = (severity: Problem['severity'], section: string, text: string): void => void problems.push({ severity, section, text });
  if (!status.ready) add('danger', 'parts', 'the server is not ready');
  if (textAt(status.engine, 'status') !== 'ready')
    add('danger', 'parts', `the storage engine is ${textAt(status.engine, 'status') ?? 'away'}`);
  for (const [name, { lag_seconds: lag }] of Object.entries(status.consumers))
    if (lag > longLagSeconds) add('danger', 'parts', `${name.replaceAll('_', ' ')} is ${Math.round(lag)} s behind`);
  const missed = (numberAt(status.canary, 'missing_in_search') ?? 0) + (numberAt(status.canary, 'missing_in_tail') ?? 0);
  if (missed > 0) add('danger', 'freshness', `the canary missed ${missed} of its own lines`);
  if (sources !== undefined) {
    const { services, hosts } = silentOf(sources);
    const silent = [...services.map(({ service }) => service), ...hosts.map(({ host, service }) => `${host} (${service})`)];
    if (silent.length > 0) add('caution', 'silent', `${named(silent)} ${silent.length === 1 ? 'has' : 'have'} gone silent`);
  }
  if (quarantine !== undefined && quarantine.totals.waiting > 0)
    add(
      'caution',
      'quarantine',
      `${quarantine.totals.waiting} ${quarantine.totals.waiting === 1 ? 'record waits' : 'records wait'} in quarantine`,
    );
  for (const { severity, text } of alertsProblems(status.alerts)) add(severity, 'parts', text);
  const dead = listenersOf(status).filter(({ problem }) => problem !== undefined);
  if (dead.length > 0) add('note', 'parts', `${named(dead.map(({ name }) => name))} cannot listen`);
  return problems.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

const mostNamed = 3;

function named(names: readonly string[]): string {
  if (names.length > mostNamed) return `${names.slice(0, mostNamed - 1).join(', ')} and ${names.length - mostNamed + 1} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

export interface QuarantineReason {
  readonly code: string;
  readonly count: number;
  readonly receivers: readonly string[];
  /** The newest record of the reason. */
  readonly example: QuarantineReport['records'][number];
}

/** Records by their reason, the most frequent first. */
export function reasonsOf({ records }: QuarantineReport): readonly QuarantineReason[] {
  return [...Map.groupBy(records, ({ code }) => code)]
    .map(([code, same]) => ({ code, count: same.length, receivers: [...new Set(same.map(({ receiver }) => receiver))], example: same[0] }))
    .toSorted((a, b) => b.count - a.count);
}
