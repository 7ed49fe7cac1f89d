/** Runs detectors over generated services and counts what they found, missed and made up. */
import { ForestDetector } from '#alerting/anomaly/forest-detector.ts';
import { SeasonDetector } from '#alerting/anomaly/season-detector.ts';
import { sensitivities } from '#alerting/anomaly/sensitivity.ts';
import type { SensitivityName } from '#alerting/anomaly/sensitivity.ts';
import type { Finding } from '#alerting/anomaly/finding.ts';
import type { WindowFigures } from '#alerting/anomaly/window-figures.ts';
import { windowsOfWeek } from './generated-seasons.ts';
import type { GeneratedService, IncidentKind } from './generated-seasons.ts';

export const signals = ['volume', 'warn', 'forest'] as const;
export type Signal = (typeof signals)[number];

/** What each signal is there to find. */
export const wanted: Readonly<Record<Signal, readonly IncidentKind[]>> = {
  volume: ['drop to nothing', 'half gone', 'three times'],
  warn: ['slow WARN rise'],
  forest: ['drop to nothing', 'half gone', 'three times', 'error burst', 'slow answers', 'new patterns'],
};

export interface Judge {
  judge(window: WindowFigures): Finding;
  readonly bytes: number;
  save(): unknown;
  restore(saved: unknown): boolean;
}

export function detectorOf(signal: Signal, sensitivity: SensitivityName, seed = 1): Judge {
  const options = { sensitivity: sensitivities[sensitivity] };
  return signal === 'forest'
    ? new ForestDetector({ ...options, seed, trees: 60, sampleSize: 128, growEvery: 288 })
    : new SeasonDetector({ ...options, signal, direction: 'both' });
}

export interface Alarm {
  readonly from: number;
  readonly to: number;
  readonly detail: string;
}

export interface Outcome {
  readonly service: GeneratedService;
  readonly alarms: readonly Alarm[];
  /** Wanted incidents that were found, with the windows until then, and those missed. */
  readonly found: ReadonlyMap<IncidentKind, number>;
  readonly missed: readonly IncidentKind[];
  /** Alarms beside any incident and release. */
  readonly falseAlarms: readonly Alarm[];
  /** Alarms at releases that changed the level for good. */
  readonly releaseAlarms: number;
}

/** An incident shows as long as it lasts, and in the sums of the hour after it. */
const graceWindows = 14;
const releaseWindows = 40;

export function judgeService(service: GeneratedService, signal: Signal, sensitivity: SensitivityName): Outcome {
  const alarms = alarmsOf(service, detectorOf(signal, sensitivity));
  const found = new Map<IncidentKind, number>();
  const missed: IncidentKind[] = [];
  for (const { kind, from, to } of service.incidents) {
    if (!wanted[signal].includes(kind)) continue;
    const alarm = alarms.find((candidate) => candidate.from < to + 2 && candidate.to > from);
    if (alarm === undefined) missed.push(kind);
    else found.set(kind, Math.max(0, alarm.from - from) + 1);
  }
  const isNear = (alarm: Alarm, from: number, to: number): boolean => alarm.from < to && alarm.to > from;
  const unexplained = alarms.filter((alarm) => !service.incidents.some(({ from, to }) => isNear(alarm, from, to + graceWindows)));
  const falseAlarms = unexplained.filter((alarm) => !service.releases.some((at) => isNear(alarm, at, at + releaseWindows)));
  return { service, alarms, found, missed, falseAlarms, releaseAlarms: unexplained.length - falseAlarms.length };
}

function alarmsOf({ windows }: GeneratedService, detector: Judge): Alarm[] {
  const alarms: Alarm[] = [];
  let begun: { from: number; detail: string } | undefined;
  for (const [at, window] of windows.entries()) {
    const { isMet, detail = '' } = detector.judge(window);
    if (isMet) begun ??= { from: at, detail };
    else if (begun !== undefined) {
      alarms.push({ ...begun, to: at });
      begun = undefined;
    }
  }
  if (begun !== undefined) alarms.push({ ...begun, to: windows.length });
  return alarms;
}

export interface Score {
  readonly precision: number;
  readonly recall: number;
  readonly falseAlarmsPerWeek: number;
  readonly releaseAlarms: number;
  readonly medianMinutes: number;
}

export function scoreOf(outcomes: readonly Outcome[]): Score {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const alarms = sum((outcome) => outcome.alarms.length - outcome.releaseAlarms);
  const falseAlarms = sum((outcome) => outcome.falseAlarms.length);
  const found = sum((outcome) => outcome.found.size);
  const weeks = sum((outcome) => outcome.service.windows.length / windowsOfWeek);
  const delays = outcomes.flatMap((outcome) => [...outcome.found.values()]).sort((a, b) => a - b);
  return {
    precision: alarms === 0 ? 1 : 1 - falseAlarms / alarms,
    recall: found / Math.max(1, found + sum((outcome) => outcome.missed.length)),
    falseAlarmsPerWeek: falseAlarms / weeks,
    releaseAlarms: sum((outcome) => outcome.releaseAlarms),
    medianMinutes: 5 * (delays[delays.length >> 1] ?? 0),
  };
}
