/** Where incidents stand over a range of time: flags, each for those that fired closely together, and how long each lasted. Pure. */
import type { Incident, Severity } from '../api/operations.ts';
import type { SettledRange } from '../time-range/time-choice.ts';

export interface Flag {
  /** In the order in which they fired. */
  readonly incidents: readonly Incident[];
  /** Share of the range, 0 to 1, at which the first fired. */
  readonly at: number;
  /** The worst. */
  readonly severity: Severity;
  /** All of them. */
  readonly isOver: boolean;
  readonly spans: readonly FlagSpan[];
}

interface FlagSpan {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly severity: Severity;
  readonly isOver: boolean;
}

/** About the width of a flag on a desktop. */
const together = 0.014;
const bySeverity: readonly Severity[] = ['critical', 'warning', 'info'];

export function flagsOf(incidents: readonly Incident[], { fromMs, toMs }: SettledRange): readonly Flag[] {
  const share = (ms: number): number => Math.max(0, Math.min(1, (ms - fromMs) / (toMs - fromMs)));
  const fired = incidents
    .flatMap((incident) => (incident.fired_at === undefined ? [] : [{ incident, firedMs: Date.parse(incident.fired_at) }]))
    .filter(({ incident: { resolved_at: over }, firedMs }) => firedMs < toMs && (over === undefined || Date.parse(over) >= fromMs))
    .toSorted((a, b) => a.firedMs - b.firedMs);
  const groups: { readonly at: number; readonly incidents: Incident[] }[] = [];
  for (const { incident, firedMs } of fired) {
    const at = share(firedMs);
    const last = groups.at(-1);
    if (last !== undefined && at - last.at < together) last.incidents.push(incident);
    else groups.push({ at, incidents: [incident] });
  }
  return groups.map(({ at, incidents: same }) => ({
    incidents: same,
    at,
    severity: bySeverity.find((severity) => same.some((one) => one.severity === severity)) ?? 'info',
    isOver: same.every((one) => one.resolved_at !== undefined),
    spans: same.map(({ id, severity, fired_at: from = '', resolved_at: to }) => ({
      id,
      from: share(Date.parse(from)),
      to: to === undefined ? 1 : share(Date.parse(to)),
      severity,
      isOver: to !== undefined,
    })),
  }));
}
