/**
 * Runs the shop: people come and go with the time of day, releases are rolled out, something breaks now and then.
 * The same seed, start and rate give the same lines. A day of the shop lasts 24 minutes, so that a chart of the last
 * hour shows its rhythm.
 */
import { deploy, writeChatter } from './background.ts';
import { incidents, type Incident } from './incidents.ts';
import { startJourney } from './journeys.ts';
import { World, type DemoLine } from './world.ts';

export type { DemoLine } from './world.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly startMs: number;
  /** Mean over a day of the shop. */
  readonly linesPerSecond: number;
  /** Mean time between the end of an incident and the next. */
  readonly calmMs?: number;
  readonly deployEveryMs?: number;
}

interface RunningIncident {
  readonly incident: Incident;
  readonly beganMs: number;
}

const dayMs = 24 * 60_000;
const chatterShare = 0.06;
const stepMs = 1000;

export class Simulation {
  readonly #world: World;
  readonly #linesPerSecond: number;
  readonly #calmMs: number;
  readonly #deployEveryMs: number;
  #nextArrivalMs: number;
  #nextStepMs: number;
  #nextDeployMs: number;
  #nextIncidentMs: number;
  #running: RunningIncident | undefined;
  #incidentOrder: Incident[] = [];
  /** Lines that a journey makes on average; learned, so that the rate comes out right also during an incident. */
  #linesPerJourney = 4;

  constructor({ seed, startMs, linesPerSecond, calmMs = 240_000, deployEveryMs = 150_000 }: SimulationOptions) {
    this.#world = new World(seed, startMs);
    this.#linesPerSecond = linesPerSecond;
    this.#calmMs = calmMs;
    this.#deployEveryMs = deployEveryMs;
    this.#nextArrivalMs = startMs;
    this.#nextStepMs = startMs + stepMs;
    this.#nextDeployMs = startMs + this.#world.random.exponential(deployEveryMs);
    this.#nextIncidentMs = startMs + calmMs * (0.3 + 0.4 * this.#world.random.float());
  }

  /** The incident that goes on at the moment. */
  get incident(): Incident | undefined {
    return this.#running?.incident;
  }

  /** Goes on to the time and yields all lines up to it, in order of time. */
  *advance(untilMs: number): Generator<DemoLine> {
    const world = this.#world;
    for (;;) {
      const nextMs = Math.min(this.#nextArrivalMs, this.#nextStepMs);
      const line = world.take(Math.min(nextMs, untilMs));
      if (line !== undefined) {
        yield line;
        continue;
      }
      if (nextMs > untilMs) return;
      world.nowMs = nextMs;
      if (nextMs === this.#nextStepMs) this.#step();
      else this.#arrive();
    }
  }

  #arrive(): void {
    const world = this.#world;
    const before = world.writtenCount;
    if (world.random.chance(chatterShare)) writeChatter(world);
    else startJourney(world);
    this.#linesPerJourney += (world.writtenCount - before - this.#linesPerJourney) * 0.005;
    const arrivalsPerMs = (this.#linesPerSecond * rhythm(world.nowMs)) / this.#linesPerJourney / 1000;
    this.#nextArrivalMs = world.nowMs + world.random.exponential(1 / arrivalsPerMs);
  }

  /** Once a second: what follows the clock and not the visitors. */
  #step(): void {
    const { nowMs, random } = this.#world;
    this.#nextStepMs = nowMs + stepMs;
    if (this.#running !== undefined) {
      const { incident, beganMs } = this.#running;
      const progress = (nowMs - beganMs) / incident.durationMs;
      if (progress < 1) return incident.during?.(this.#world, progress);
      incident.end(this.#world);
      this.#running = undefined;
      this.#nextIncidentMs = nowMs + this.#calmMs * (0.6 + 0.8 * random.float());
    } else if (nowMs >= this.#nextIncidentMs) {
      const incident = this.#nextIncident();
      incident.begin(this.#world);
      this.#running = { incident, beganMs: nowMs };
    } else if (nowMs >= this.#nextDeployMs) {
      deploy(this.#world);
      this.#nextDeployMs = nowMs + random.exponential(this.#deployEveryMs);
    }
  }

  /** Each once before any comes again. */
  #nextIncident(): Incident {
    if (this.#incidentOrder.length === 0) {
      this.#incidentOrder = [...incidents];
      for (let last = this.#incidentOrder.length - 1; last > 0; last--) {
        const other = this.#world.random.integer(0, last);
        [this.#incidentOrder[last], this.#incidentOrder[other]] = [this.#incidentOrder[other], this.#incidentOrder[last]];
      }
    }
    return this.#incidentOrder.pop() as Incident;
  }
}

/** Traffic by the time of the shop's day, mean 1: quiet nights, a busy evening. */
function rhythm(atMs: number): number {
  const hour = (atMs % dayMs) / dayMs;
  return 1 - 0.38 * Math.cos(2 * Math.PI * hour) - 0.12 * Math.sin(4 * Math.PI * hour);
}

/** A line as `POST /v1/logs/ingest` takes it. */
export function toRecord(line: DemoLine): Record<string, unknown> {
  const record: Record<string, unknown> = {
    timestamp: new Date(line.atMs).toISOString(),
    level: line.level,
    service: line.service,
    host: line.host,
    environment: 'production',
  };
  if (line.traceId !== '') Object.assign(record, { trace_id: line.traceId, span_id: line.spanId });
  record.message = line.message;
  record.metadata = line.metadata;
  return record;
}
