/** silent_source: who is missed, when, and who is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../anomaly/seeded-random.ts';
import type { ConditionOf } from '../alert-rule.ts';
import type { ConditionState } from '../condition-state.ts';
import { TenantStream } from '../tenant-stream.ts';
import { contextOf, matchedLines, throughDisk } from './matched-lines.test-support.ts';
import { createSilentSource } from './silent-source.ts';

const t0 = Date.UTC(2026, 2, 2);
const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

type Condition = ConditionOf<'silent_source'>;

/** Sources of one rule, listened to by ticks. */
class World {
  readonly stream = new TenantStream();
  nowMs = t0;
  /** Groups that were met, with the time, since the last call of `told`. */
  readonly #met = new Map<number, number>();
  readonly #next = new Map<number, number>();
  #silent = new Set<number>();
  readonly #condition: Condition;
  state: ConditionState;

  constructor(overrides: Partial<Condition> = {}) {
    this.#condition = { kind: 'silent_source', source: 'host', learn_ms: 0, minimum_silence_ms: minuteMs, ...overrides };
    this.state = this.#create();
  }

  line(...groups: number[]): void {
    const lines = matchedLines(groups.map((group) => ({ atMs: this.nowMs, group })));
    this.stream.take(lines.view, this.nowMs);
    this.state.take(0, lines);
    for (const group of groups) this.#next.set(group, this.nowMs);
  }

  /** Lines of other rules' sources. */
  other(): void {
    this.stream.take(matchedLines([{ atMs: this.nowMs }]).view, this.nowMs);
  }

  /** Judges as the evaluator does: those with lines, and those whose time has come. */
  tick(): void {
    this.stream.tick(this.nowMs);
    for (const [group, dueMs] of this.#next) {
      if (dueMs > this.nowMs) continue;
      const { isMet } = this.state.judge(group, this.nowMs, this.#silent.has(group));
      if (isMet && !this.#silent.has(group)) this.#met.set(group, this.nowMs);
      if (isMet) this.#silent.add(group);
      else this.#silent.delete(group);
      const nextMs = this.state.nextChangeMs(group, this.nowMs);
      if (nextMs === undefined) {
        this.state.drop(group);
        this.#next.delete(group);
      } else this.#next.set(group, nextMs);
    }
  }

  /** `act` each step, and ticks with it and between. */
  run(forMs: number, stepMs: number, act: (elapsedMs: number) => void = () => {}): void {
    const fromMs = this.nowMs;
    const tickMs = Math.min(stepMs, 20 * secondMs);
    for (; this.nowMs < fromMs + forMs; this.nowMs += tickMs) {
      if ((this.nowMs - fromMs) % stepMs === 0) act(this.nowMs - fromMs);
      this.tick();
    }
  }

  /** Group → seconds since `sinceMs`. */
  told(sinceMs: number): Record<number, number> {
    const told = Object.fromEntries([...this.#met].map(([group, atMs]) => [group, (atMs - sinceMs) / secondMs]));
    this.#met.clear();
    return told;
  }

  get silent(): number[] {
    return [...this.#silent];
  }

  get known(): number[] {
    return [...this.#next.keys()];
  }

  throughDisk(): void {
    this.state = throughDisk(this.state, this.#create(), this.#next.keys());
    const stream = JSON.parse(JSON.stringify(this.stream.save()));
    this.stream.restore(stream);
  }

  #create(): ConditionState {
    return createSilentSource(this.#condition, { ...contextOf(), stream: this.stream });
  }
}

test('a host that stops while another sends is told after its longest usual pauses, and ends with its line', () => {
  const world = new World();
  world.run(2 * hourMs, 20 * secondMs, () => world.line(1, 2));
  const stoppedMs = world.nowMs - 20 * secondMs;
  world.run(10 * minuteMs, 10 * secondMs, () => world.line(2));
  const { 1: afterSeconds, ...others } = world.told(stoppedMs);
  // five times 20 s, in a bucket of 15 %
  assert.ok(afterSeconds >= 100 && afterSeconds <= 130, `${afterSeconds}`);
  assert.deepEqual(others, {});
  assert.match(
    world.state.judge(1, world.nowMs, true).detail ?? '',
    /^last line at 2026-03-02 01:59:40 UTC; its longest usual pause is 2\d(?:\.\d)? s, silent after 1 min \d+ s$/,
  );
  world.line(1, 2);
  world.tick();
  assert.deepEqual(world.silent, []);
});

test('the least silence holds for those that send all the time', () => {
  const world = new World({ minimum_silence_ms: 5 * minuteMs });
  world.run(hourMs, secondMs, () => world.line(1, 2));
  const stoppedMs = world.nowMs - secondMs;
  world.run(10 * minuteMs, secondMs, () => world.line(2));
  assert.deepEqual(world.told(stoppedMs), { 1: 300 });
});

test('senders of bursts, of nights and of offices do not cry wolf in three weeks', () => {
  const random = seededRandom(7);
  const world = new World({ learn_ms: 25 * hourMs, minimum_silence_ms: 5 * minuteMs });
  const jitter = (): number => (random() - 0.5) * 4;
  world.run(21 * dayMs, minuteMs, (elapsedMs) => {
    const minute = Math.round(elapsedMs / minuteMs);
    const day = Math.floor(minute / 1440);
    const ofDay = minute % 1440;
    world.line(1);
    if (Math.round(minute + jitter()) % 10 === 0) world.line(2);
    if (ofDay >= 120 + jitter() && ofDay < 140) world.line(3);
    if (day % 7 < 5 && ofDay >= 480 && ofDay < 1080) world.line(4);
    if (random() < 0.01) world.line(5);
  });
  assert.deepEqual(world.told(t0), {});
});

test('each of these senders is told when it stops for good', () => {
  const world = new World({ learn_ms: 25 * hourMs, minimum_silence_ms: 5 * minuteMs, forget_after_ms: 30 * dayMs });
  const isNight = (minute: number): boolean => minute % 1440 >= 120 && minute % 1440 < 140;
  world.run(7 * dayMs, minuteMs, (elapsedMs) => {
    const minute = elapsedMs / minuteMs;
    world.line(1);
    if (minute % 10 === 0) world.line(2);
    if (isNight(minute)) world.line(3);
  });
  const stoppedMs = world.nowMs;
  world.run(8 * dayMs, minuteMs, () => world.line(1));
  const told = world.told(stoppedMs);
  assert.ok(told[2] > 40 * 60 && told[2] <= 60 * 60, `${told[2] / 60} min`);
  assert.ok(told[3] > 4 * 86_400 && told[3] <= 6 * 86_400, `${told[3] / 86_400} d`);
  assert.equal(told[1], undefined);
});

test('one that sent only for a while is not expected', () => {
  const world = new World({ learn_ms: 25 * hourMs });
  world.run(24 * hourMs, minuteMs, () => world.line(1, 2));
  world.run(6 * hourMs, minuteMs, () => world.line(1));
  assert.deepEqual(world.told(t0), {});
});

test('when the server was down, nobody is told; who does not come back is told after the time that it has', () => {
  const world = new World();
  world.run(2 * hourMs, 10 * secondMs, () => world.line(1, 2, 3));
  world.throughDisk();
  world.nowMs += 3 * hourMs;
  const backMs = world.nowMs;
  world.run(30 * secondMs, secondMs);
  world.run(10 * minuteMs, 10 * secondMs, () => world.line(1, 2));
  const { 3: afterSeconds, ...others } = world.told(backMs);
  assert.deepEqual(others, {});
  assert.ok(afterSeconds >= 60 && afterSeconds <= 100, `${afterSeconds}`);
});

test('when nobody sends, one is told and not all; when they are back, nobody else', () => {
  const world = new World();
  const hosts = Array.from({ length: 50 }, (_, host) => host);
  world.run(2 * hourMs, 10 * secondMs, () => world.line(...hosts));
  const stoppedMs = world.nowMs - 10 * secondMs;
  world.run(hourMs, 10 * secondMs);
  const told = world.told(stoppedMs);
  assert.deepEqual(Object.keys(told), ['0'], 'the first by name of those heard last');
  // they come back one by one
  let back = 1;
  world.run(40 * secondMs, secondMs, () => world.line(...hosts.slice(0, Math.min(50, (back += 2)))));
  assert.deepEqual(world.told(stoppedMs), {});
  assert.deepEqual(world.silent, []);
});

test('the only source of a tenant is told', () => {
  const world = new World();
  world.run(hourMs, secondMs, () => world.line(1));
  const stoppedMs = world.nowMs - secondMs;
  world.run(5 * minuteMs, secondMs);
  assert.deepEqual(world.told(stoppedMs), { 1: 60 });
});

test('lines of sources of other rules show that the way is open', () => {
  const world = new World();
  world.run(hourMs, secondMs, () => world.line(1, 2));
  const stoppedMs = world.nowMs - secondMs;
  world.run(5 * minuteMs, secondMs, () => world.other());
  assert.deepEqual(world.told(stoppedMs), { 1: 60, 2: 60 });
});

test('what is silent stays so over a pause of all, and until it is taken out of service', () => {
  const world = new World({ forget_after_ms: 6 * hourMs });
  world.run(2 * hourMs, 10 * secondMs, () => world.line(1, 2));
  world.run(10 * minuteMs, 10 * secondMs, () => world.line(2));
  assert.deepEqual(world.silent, [1]);
  world.nowMs += hourMs;
  world.run(minuteMs, 10 * secondMs, () => world.line(2));
  assert.deepEqual(world.silent, [1], 'nothing came of it');
  world.throughDisk();
  world.run(7 * hourMs, 10 * secondMs, () => world.line(2));
  assert.deepEqual(world.silent, []);
  assert.deepEqual(world.known, [2], 'forgotten');
  world.line(1, 2);
  world.run(minuteMs, 10 * secondMs, () => world.line(2));
  assert.deepEqual(world.silent, []);
});

test('what sends seldom is not forgotten before it is told', () => {
  const world = new World({ forget_after_ms: dayMs });
  world.run(6 * dayMs, minuteMs, (elapsedMs) => {
    world.line(1);
    if (elapsedMs % dayMs === 0) world.line(2);
  });
  world.run(7 * dayMs, minuteMs, () => world.line(1));
  assert.deepEqual(Object.keys(world.told(t0)), ['2']);
});

test('a clock that jumps ahead and back neither tells nor hides anything for long', () => {
  const world = new World();
  world.run(2 * hourMs, 10 * secondMs, () => world.line(1, 2));
  world.nowMs += 400 * dayMs;
  world.line(1, 2);
  world.tick();
  world.nowMs -= 400 * dayMs;
  world.run(hourMs, 10 * secondMs, () => world.line(1, 2));
  assert.deepEqual(world.told(t0), {});
  const stoppedMs = world.nowMs;
  world.run(hourMs, 10 * secondMs, () => world.line(2));
  assert.deepEqual(Object.keys(world.told(stoppedMs)), ['1']);
});

test('through the disk at any minute it tells the same at the same time', () => {
  const run = (isStored: boolean): Record<number, number> => {
    const random = seededRandom(11);
    const world = new World({ minimum_silence_ms: 2 * minuteMs });
    world.run(4 * hourMs, 10 * secondMs, (elapsedMs) => {
      if (isStored && elapsedMs % minuteMs === 0) world.throughDisk();
      for (let host = 0; host < 5; host++) if (random() < 0.3 && elapsedMs < (host + 1) * hourMs * 0.7) world.line(host);
    });
    return world.told(t0);
  };
  assert.deepEqual(run(true), run(false));
  assert.ok(Object.keys(run(false)).length >= 3);
});
