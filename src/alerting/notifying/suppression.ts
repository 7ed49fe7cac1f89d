/**
 * What keeps people from being told of an incident: silences, the mute of its rule, maintenance windows, and causes that hide
 * their effects. Pure; asked for one incident at a time, and told when the answer may change although nothing happens.
 */
import { compileMatchers } from '../label-matchers.ts';
import type { CompiledMatchers } from '../label-matchers.ts';
import type { Inhibition, LabelSet, Maintenance, Silence } from '../notification-rules.ts';
import { isWithin, nextChangeMs } from './weekly-windows.ts';

export interface SuppressionRules {
  readonly silences: readonly { readonly id: string; readonly silence: Silence }[];
  readonly maintenance: readonly { readonly name: string; readonly maintenance: Maintenance }[];
  readonly inhibitions: readonly Inhibition[];
}

/** An incident that is firing. */
export interface FiringIncident {
  readonly id: string;
  readonly labels: LabelSet;
}

export interface Suppressor {
  /** `silence:<id>`, `mute`, `maintenance:<name>`, `inhibited:<incident>`. `causes`: of the tenant, by `indexCauses`. */
  suppressedBy(incident: FiringIncident, mutedUntilMs: number | undefined, atMs: number, causes: Causes): string[];
  /** Incidents that may hide others. */
  indexCauses(firing: Iterable<FiringIncident>): Causes;
  /** The next time at which a silence or window begins or ends. */
  nextChangeMs(atMs: number): number | undefined;
  readonly hasInhibitions: boolean;
}

/** By inhibition, and in it by the values that must be equal: incidents that are causes. */
export type Causes = readonly ReadonlyMap<string, readonly string[]>[];

/** @throws AppError bad_request for an expression that is not linear */
export function createSuppressor({ silences, maintenance, inhibitions }: SuppressionRules): Suppressor {
  const silencing = silences.map(({ id, silence }) => ({ id, silence, matchers: compileMatchers(silence.matchers) }));
  const maintaining = maintenance.map((window) => ({ ...window, matchers: compileMatchers(window.maintenance.match ?? []) }));
  const inhibiting = inhibitions.map(compileInhibition);
  return {
    hasInhibitions: inhibitions.length > 0,
    suppressedBy({ id, labels }, mutedUntilMs, atMs, causes) {
      const found = silencing
        .filter(({ silence, matchers }) => isSilenceActive(silence, atMs) && matchers.matches(labels))
        .map((one) => `silence:${one.id}`);
      if (mutedUntilMs !== undefined && mutedUntilMs > atMs) found.push('mute');
      for (const { name, maintenance: window, matchers } of maintaining)
        if (isMaintenance(window, atMs) && matchers.matches(labels)) found.push(`maintenance:${name}`);
      inhibiting.forEach((inhibition, index) => {
        const cause = inhibition.target.matches(labels)
          ? causes[index].get(equalKey(inhibition.equal, labels))?.find((one) => one !== id)
          : undefined;
        if (cause !== undefined && !inhibition.source.matches(labels)) found.push(`inhibited:${cause}`);
      });
      return [...new Set(found)];
    },
    indexCauses(firing) {
      const causes = inhibiting.map(() => new Map<string, string[]>());
      if (inhibiting.length === 0) return causes;
      for (const { id, labels } of firing) {
        inhibiting.forEach(({ source, equal }, index) => {
          if (!source.matches(labels)) return;
          const key = equalKey(equal, labels);
          const known = causes[index].get(key);
          if (known === undefined) causes[index].set(key, [id]);
          else known.push(id);
        });
      }
      return causes;
    },
    nextChangeMs(atMs) {
      const changes = [
        ...silences.flatMap(({ silence }) => [silence.starts_ms, silence.ends_ms]),
        ...maintenance.map(({ maintenance: window }) => nextMaintenanceChangeMs(window, atMs) ?? 0),
      ].filter((ms) => ms > atMs);
      return changes.length === 0 ? undefined : changes.reduce((least, ms) => Math.min(least, ms));
    },
  };
}

interface CompiledInhibition {
  readonly source: CompiledMatchers;
  readonly target: CompiledMatchers;
  readonly equal: readonly string[];
}

const compileInhibition = ({ source, target, equal = [] }: Inhibition): CompiledInhibition => ({
  source: compileMatchers(source),
  target: compileMatchers(target),
  equal,
});

const equalKey = (equal: readonly string[], labels: LabelSet): string =>
  JSON.stringify(equal.map((label) => (Object.hasOwn(labels, label) ? labels[label] : '')));

export const isSilenceActive = ({ starts_ms: startsMs, ends_ms: endsMs }: Silence, atMs: number): boolean =>
  startsMs <= atMs && atMs < endsMs;

export function isMaintenance({ once = [], weekly = [] }: Maintenance, atMs: number): boolean {
  return once.some(({ from, to }) => Date.parse(from) <= atMs && atMs < Date.parse(to)) || isWithin(weekly, atMs);
}

/** When it next begins or ends; undefined: never again. */
export function nextMaintenanceChangeMs({ once = [], weekly = [] }: Maintenance, atMs: number): number | undefined {
  const changes = once.flatMap(({ from, to }) => [Date.parse(from), Date.parse(to)]).filter((ms) => ms > atMs);
  const weeklyMs = nextChangeMs(weekly, atMs);
  if (weeklyMs !== undefined) changes.push(weeklyMs);
  return changes.length === 0 ? undefined : Math.min(...changes);
}
