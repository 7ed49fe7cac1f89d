/**
 * Services with seasons, made up: windows of five minutes over weeks, with the noise of real ones, and incidents put in.
 * The same seed gives the same services. Used by anomaly-seasons.test.ts and anomaly.bench.ts.
 */
import { seededRandom } from '#alerting/anomaly/seeded-random.ts';
import type { Random } from '#alerting/anomaly/seeded-random.ts';
import type { WindowFigures } from '#alerting/anomaly/window-figures.ts';

export const windowMs = 300_000;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
export const windowsOfWeek = 2016;
/** A Monday. */
export const firstMs = Date.UTC(2026, 0, 5);

export const incidentKinds = [
  'drop to nothing',
  'half gone',
  'three times',
  'slow WARN rise',
  'error burst',
  'slow answers',
  'new patterns',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

export interface Incident {
  readonly kind: IncidentKind;
  /** Windows from the first, half open. */
  readonly from: number;
  readonly to: number;
}

export interface GeneratedService {
  readonly name: string;
  readonly kind: string;
  readonly windows: readonly WindowFigures[];
  readonly incidents: readonly Incident[];
  /** Windows at which a release changed the level for good. */
  readonly releases: readonly number[];
}

interface ServiceKind {
  readonly name: string;
  /** Lines of a window at its usual height. */
  readonly height: number;
  /** Relative deviation of each window, and of a level that wanders with a memory of hours. */
  readonly noise: number;
  readonly wander: number;
  /** Share of the height at a time. */
  readonly shape: (timeMs: number) => number;
  readonly growthPerWeek?: number;
  readonly burstsPerDay?: number;
  readonly batch?: 'night' | 'hour';
  readonly releasesPerWeek?: number;
}

const hourOf = (timeMs: number): number => (timeMs % dayMs) / hourMs;
const isWeekend = (timeMs: number): boolean => [0, 6].includes(new Date(timeMs).getUTCDay());
const byDay = (timeMs: number): number => 0.65 + 0.35 * Math.sin(((hourOf(timeMs) - 9) / 24) * 2 * Math.PI);
const byWeek = (timeMs: number): number => byDay(timeMs) * (isWeekend(timeMs) ? 0.4 : 1);
const byOffice = (timeMs: number): number => (!isWeekend(timeMs) && hourOf(timeMs) >= 8 && hourOf(timeMs) < 18 ? 1 : 0.06);
const flat = (): number => 1;

export const serviceKinds: readonly ServiceKind[] = [
  { name: 'daily', height: 1500, noise: 0.06, wander: 0.04, shape: byDay },
  { name: 'weekly', height: 900, noise: 0.08, wander: 0.05, shape: byWeek },
  { name: 'office hours', height: 600, noise: 0.1, wander: 0.05, shape: byOffice },
  { name: 'growing', height: 800, noise: 0.07, wander: 0.04, shape: byDay, growthPerWeek: 0.12 },
  { name: 'shrinking', height: 2000, noise: 0.07, wander: 0.04, shape: byWeek, growthPerWeek: -0.1 },
  { name: 'bursts', height: 300, noise: 0.1, wander: 0.05, shape: byDay, burstsPerDay: 4 },
  { name: 'nightly batch', height: 200, noise: 0.1, wander: 0.05, shape: byDay, batch: 'night' },
  { name: 'hourly batch', height: 120, noise: 0.1, wander: 0.05, shape: flat, batch: 'hour' },
  { name: 'releases', height: 700, noise: 0.07, wander: 0.05, shape: byDay, releasesPerWeek: 0.7 },
  { name: 'wandering', height: 500, noise: 0.08, wander: 0.18, shape: flat },
  { name: 'large and steady', height: 20_000, noise: 0.02, wander: 0.02, shape: byDay },
  { name: 'small', height: 12, noise: 0.1, wander: 0.05, shape: byDay },
  { name: 'very small', height: 1.5, noise: 0.1, wander: 0.05, shape: byWeek },
];

const shares = { debug: 0.2, warn: 0.02, error: 0.004 } as const;
const incidentsFromWeek = 2;

export function generateService(kind: ServiceKind, seed: number, weeks: number, withIncidents = true): GeneratedService {
  const random = seededRandom(seed);
  const count = weeks * windowsOfWeek;
  const releases = releasesOf(kind, random, count);
  const incidents = withIncidents ? incidentsOf(kind, random, count) : [];
  const windows: WindowFigures[] = [];
  const levels = new LevelMaker(kind, random, releases);
  let incident = 0;
  for (let at = 0; at < count; at++) {
    while (incident < incidents.length && incidents[incident].to <= at) incident++;
    const running = incident < incidents.length && incidents[incident].from <= at ? incidents[incident] : undefined;
    windows.push(makeWindow(firstMs + at * windowMs, levels.at(at), random, { running, at, isRelease: releases.includes(at) }));
  }
  return { name: `${kind.name} ${seed}`, kind: kind.name, windows, incidents, releases };
}

function releasesOf({ releasesPerWeek = 0 }: ServiceKind, random: Random, count: number): number[] {
  const releases: number[] = [];
  for (let at = 0; at < count; at++) if (random() < releasesPerWeek / windowsOfWeek) releases.push(at);
  return releases;
}

/** One of each kind, in any order, at times when the service does something; two days apart or more. */
function incidentsOf(kind: ServiceKind, random: Random, count: number): Incident[] {
  const first = incidentsFromWeek * windowsOfWeek;
  const kinds = incidentKinds.toSorted(() => random() - 0.5);
  const room = Math.floor((count - first) / kinds.length);
  return kinds.map((incidentKind, index) => {
    const start = first + index * room;
    const length = lengthOf(incidentKind, kind);
    const anywhere = (): number => start + Math.floor(random() * (room - length - 100));
    let from = anywhere();
    for (let tries = 0; tries < 1000 && isQuiet(kind, from, from + length); tries++) from = anywhere();
    return { kind: incidentKind, from, to: from + length };
  });
}

/** True where the service does little at the begin or the end. */
const isQuiet = ({ shape }: ServiceKind, from: number, to: number): boolean =>
  [from, to].some((at) => shape(firstMs + at * windowMs) < 0.5);

/** In windows. Where there is little, it takes longer to be one. */
function lengthOf(incident: IncidentKind, { height }: ServiceKind): number {
  const patience = height < 5 ? 6 : height < 50 ? 2 : 1;
  const usual: Readonly<Record<IncidentKind, number>> = {
    'drop to nothing': 6 * patience,
    'half gone': 12 * patience,
    'three times': 6 * patience,
    'slow WARN rise': 48,
    'error burst': 4,
    'slow answers': 6,
    'new patterns': 3,
  };
  return Math.min(usual[incident], 60);
}

/** The usual number of lines of each window, before chance. */
class LevelMaker {
  readonly #kind: ServiceKind;
  readonly #random: Random;
  readonly #releases: ReadonlySet<number>;
  #wandering = 0;
  #released = 1;
  #burstLeft = 0;
  #burstHeight = 1;
  #batchStart = 0;

  constructor(kind: ServiceKind, random: Random, releases: readonly number[]) {
    this.#kind = kind;
    this.#random = random;
    this.#releases = new Set(releases);
  }

  at(window: number): number {
    const { height, noise, wander, shape, growthPerWeek = 0, burstsPerDay = 0, batch } = this.#kind;
    const timeMs = firstMs + window * windowMs;
    const random = this.#random;
    const memory = 0.97;
    this.#wandering = memory * this.#wandering + Math.sqrt(1 - memory * memory) * wander * normal(random);
    if (this.#releases.has(window)) this.#released *= random() < 0.5 ? 0.55 : 1.7;
    if (this.#burstLeft > 0) this.#burstLeft--;
    else if (random() < burstsPerDay / 288) {
      this.#burstLeft = 1 + Math.floor(random() * 3);
      this.#burstHeight = 2 + 2 * random();
    }
    const ofDay = window % 288;
    if (ofDay === 0) this.#batchStart = 24 + Math.floor(random() * 3);
    const isNight = batch === 'night' && ofDay >= this.#batchStart && ofDay < this.#batchStart + 2;
    const factor = (isNight ? 15 : 1) * (batch === 'hour' && window % 12 === 0 ? 4 : 1) * (this.#burstLeft > 0 ? this.#burstHeight : 1);
    const growth = (1 + growthPerWeek) ** (window / windowsOfWeek);
    return height * shape(timeMs) * growth * this.#released * factor * Math.exp(this.#wandering + noise * normal(random));
  }
}

interface Situation {
  readonly running: Incident | undefined;
  readonly at: number;
  readonly isRelease: boolean;
}

function makeWindow(startMs: number, level: number, random: Random, { running, at, isRelease }: Situation): WindowFigures {
  const is = (kind: IncidentKind): boolean => running?.kind === kind;
  const volume = is('drop to nothing') ? 0 : is('half gone') ? 0.5 : is('three times') ? 3 : 1;
  const rise = is('slow WARN rise') && running !== undefined ? 1 + (9 * (at - running.from)) / (running.to - running.from) : 1;
  const mean = level * volume;
  const warns =
    poisson(mean * shares.warn * rise * Math.exp(0.15 * normal(random)), random) + (is('slow WARN rise') ? poisson(rise, random) : 0);
  const burst = is('error burst') ? Math.max(40, mean * shares.error * 15) : 0;
  const errors = poisson(mean * shares.error * Math.exp(0.2 * normal(random)) + burst, random);
  const debugs = poisson(mean * shares.debug, random);
  const infos = poisson(mean * (1 - shares.debug - shares.warn - shares.error), random);
  const lines = warns + errors + debugs + infos;
  const measured = Math.round(infos * 0.5);
  const slow = is('slow answers') ? 5 : 1;
  const daily = 1 + 0.15 * Math.sin(((hourOf(startMs) - 10) / 24) * 2 * Math.PI);
  const stray = 1 / Math.sqrt(Math.max(1, measured));
  const p50 = 40 * slow * daily * Math.exp((0.05 + stray) * normal(random));
  const p99 = 280 * slow * daily * Math.exp((0.12 + 1.5 * stray) * normal(random));
  const usualPatterns = poisson(Math.min(40, 4 * Math.sqrt(lines)), random);
  const newPatterns =
    (random() < 0.002 ? 1 + Math.floor(random() * 2) : 0) + (is('new patterns') ? 5 + poisson(3, random) : 0) + (isRelease ? 6 : 0);
  return {
    startMs,
    lines,
    debugs,
    warns,
    errors,
    grain: 1,
    lateLines: 0,
    patterns: Math.min(lines, usualPatterns) + newPatterns,
    newPatterns,
    measured,
    p50: measured === 0 ? Number.NaN : p50,
    p99: measured === 0 ? Number.NaN : Math.max(p50, p99),
  };
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** By inversion (Knuth); beyond what it can, as a normal number. */
function poisson(mean: number, random: Random): number {
  if (mean > 200) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let product = random();
  let count = 0;
  while (product > limit) {
    count++;
    product *= random();
  }
  return count;
}
