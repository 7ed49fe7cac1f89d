/**
 * How busy the cores of the machine are, with whatever runs on it: work that may wait asks here whether it should. Looked at
 * only when somebody asks, and then at most every half second, since a look costs a third of a millisecond.
 */
import { cpus } from 'node:os';
import type { Clock } from './clock.ts';

/** Time of all cores together since the machine began, ms. */
export interface CoreTimes {
  readonly busyMs: number;
  readonly idleMs: number;
}

const lookEveryMs = 500;

export function machineCoreTimes(): CoreTimes {
  let [busyMs, idleMs] = [0, 0];
  for (const { times } of cpus()) {
    busyMs += times.user + times.nice + times.sys + times.irq;
    idleMs += times.idle;
  }
  return { busyMs, idleMs };
}

export class MachineLoad {
  readonly #clock: Clock;
  readonly #times: () => CoreTimes;
  #seen: CoreTimes;
  #seenAtMs: number;
  #busyShare = 0;

  constructor(clock: Clock, times: () => CoreTimes = machineCoreTimes) {
    this.#clock = clock;
    this.#times = times;
    this.#seen = times();
    this.#seenAtMs = clock.monotonicMs();
  }

  /** Share of all cores that was in use over the last half second or, where nobody asked, since the last look: 0 to 1. */
  get busyShare(): number {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#seenAtMs < lookEveryMs) return this.#busyShare;
    const now = this.#times();
    const busyMs = now.busyMs - this.#seen.busyMs;
    const allMs = busyMs + now.idleMs - this.#seen.idleMs;
    this.#seen = now;
    this.#seenAtMs = nowMs;
    // A machine that does not say is taken to be idle.
    this.#busyShare = allMs > 0 ? busyMs / allMs : 0;
    return this.#busyShare;
  }
}
