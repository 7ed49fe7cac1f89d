/**
 * Deterministic simulation of the way of a line: the real WAL, indexer, memtables, commit record, replacer and replay over
 * a simulated file system, clock and engine, driven by one seed. Appends, queries, flushes, replays, trims, kills, machine
 * crashes, engine crashes, full disks, failing writes and syncs and jumps of the clock come in random order between any
 * two turns of the event loop.
 *
 * Checked all the time: no query shows a line twice, or a refused one; a query that calls itself complete shows every
 * line that an earlier query showed. At the end: every acknowledged line is found exactly once, and the ledger agrees.
 */
import assert from 'node:assert/strict';
import { originOf } from '#base/ids.ts';
import { Indexer, indexerName } from '#consumers/indexer/indexer.ts';
import { Replay } from '#consumers/indexer/replay.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { LogConfig } from '#log/config.ts';
import { logConfig } from '#log/config.ts';
import { openWalLog, openWalWriter } from '#log/wal.ts';
import type { WalLog, WalWriter } from '#log/wal.ts';
import type { Clock } from '#platform/clock.ts';
import { silentLogger } from '#platform/logger.ts';
import { storeConfig } from '#store/config.ts';
import type { StoreConfig } from '#store/config.ts';
import { decodeSegmentHeader, segmentHeaderRegion } from '../../src/log/wal/segment-header.ts';
import { openWritingSide } from '../../src/store/clickhouse/writing-side.ts';
import type { WritingSide } from '../../src/store/clickhouse/writing-side.ts';
import { defaultsOf } from '../support/config-defaults.ts';
import { encodeRows, FakeEngine } from './fake-engine.ts';
import { seededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { SimulatedFiles } from './simulated-files.ts';

/** `undecided`: its process died, or could not write that it was refused; it may be there or not. */
type Fate = 'pending' | 'acknowledged' | 'refused' | 'undecided';

interface SimulatedFrame {
  readonly shard: number;
  readonly sequence: number;
  readonly firstId: number;
  readonly count: number;
  fate: Fate;
}

const smallLog: LogConfig = {
  ...defaultsOf(logConfig),
  segment_bytes: 4096,
  read_buffer_bytes: 4096,
  max_bytes: 65_536,
  max_group_bytes: 8192,
  min_free_bytes: 0,
  keep_after_index: 20_000,
};
const smallStore: StoreConfig = {
  ...defaultsOf(storeConfig),
  batch_rows: 30,
  batch_bytes: 400,
  flush_rows: 60,
  flush_bytes: 4000,
  flush_age: 5000,
  max_memtable_bytes: 6000,
  unindexed_flush_bytes: 3000,
  index_catch_up_delay: 1000,
};
const shardCount = 2;
const capacityBytes = 2 ** 24;
const tenant = 'acme';

/** One life of the product: everything that a kill takes. */
interface Product {
  readonly log: WalLog;
  readonly writers: readonly WalWriter[];
  readonly store: WritingSide;
  readonly indexer: Indexer;
  readonly replay: Replay;
  readonly select: ReturnType<FakeEngine['connect']>['select'];
  end(): void;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

export class Simulation {
  readonly trace: string[] = [];
  interleavings = 0;
  readonly #random: SeededRandom;
  readonly #clock = new SimulatedClock();
  readonly #files: SimulatedFiles;
  readonly #engine: FakeEngine;
  readonly #frames: SimulatedFrame[] = [];
  /** Frame of each row id. */
  readonly #frameOf: SimulatedFrame[] = [];
  /** Ids that some query has shown: from then on a complete answer has them. */
  readonly #shown = new Set<number>();
  #faultRate = 0;
  #product: Product | undefined;
  #queries = 0;
  /** A failed check inside a query, which runs beside the scheduler. */
  #failure: Error | undefined;
  #engineWaiters: (() => void)[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#engine = new FakeEngine(seededRandom(seed + 3_000_000));
    const faultRandom = seededRandom(seed + 1_000_000);
    const readOnly = new Set(['open', 'read', 'close', 'exists', 'list', 'size', 'freeBytes']);
    this.#files = new SimulatedFiles({
      seed: seed + 2_000_000,
      capacityBytes,
      fault: (operation) =>
        !readOnly.has(operation) && faultRandom.chance(this.#faultRate)
          ? { code: faultRandom.pick(['EIO', 'ENOSPC'] as const) }
          : undefined,
      // Operations take several turns, so that others come in between.
      beforeOperation: async () => {
        for (let turns = faultRandom.below(4); turns > 0; turns -= 1) await Promise.resolve();
      },
    });
  }

  /** Runs a history of this many actions and brings it to rest; throws where a promise is broken. */
  async run(actionCount: number): Promise<void> {
    this.#product = await this.#open();
    for (let count = 0; count < actionCount; count += 1) {
      await this.#act();
      await this.#turns();
      if (this.#failure !== undefined) throw this.#failure;
    }
    await this.#rest();
  }

  /** A few turns of the microtask queue, or all until nothing moves. */
  async #turns(): Promise<void> {
    if (this.#random.chance(0.3)) return void (await new Promise((resolve) => setImmediate(resolve)));
    for (let turns = this.#random.below(12); turns > 0; turns -= 1) await Promise.resolve();
  }

  async #act(): Promise<void> {
    const action = this.#random.pick(actions);
    this.interleavings += 1;
    this.trace.push(action);
    const { store, log, replay } = this.#product!;
    switch (action) {
      case 'engine':
        for (let steps = 1 + this.#random.below(3); steps > 0; steps -= 1) this.#engine.step();
        return;
      case 'append':
        return this.#append();
      case 'query':
        return this.#query();
      case 'tick':
        store.memtables.tick();
        return void store.replacer.tick().catch(() => undefined);
      case 'flush':
        return void store.memtables.flush().catch(() => undefined);
      case 'replay':
        return this.#replay(replay, log);
      case 'trim':
        return void log.trim().catch(() => 0);
      case 'pass':
        return this.#clock.advance(this.#random.pick([10, 60, 300, 1500, 12_000, 60_000]));
      case 'jump':
        return this.#clock.jump(this.#random.pick([-7_200_000, -1000, 1000, 7_200_000]));
      case 'faults':
        return void (this.#faultRate = this.#random.pick([0, 0, 0, 0.02, 0.1, 0.5]));
      case 'full':
        return void (this.#files.capacityBytes = this.#random.pick([
          capacityBytes,
          capacityBytes,
          this.#files.capacityBytes - this.#files.freeBytes + this.#random.below(3000),
        ]));
      case 'engine faults':
        this.#engine.faultRate = this.#random.pick([0, 0, 0, 0.05, 0.3]);
        return void (this.#engine.damageRate = this.#random.pick([0, 0, 0.1, 0.5]));
      case 'engine crash':
        return this.#engineCrash();
      case 'engine start':
        return this.#engineStart();
      case 'kill':
        return this.#startAgain(false);
      case 'machine crash':
        return this.#startAgain(true);
    }
  }

  #append(): void {
    const { writers, log } = this.#product!;
    const writer = this.#random.pick(writers);
    for (let frames = 1 + this.#random.below(4); frames > 0; frames -= 1) {
      const count = 1 + this.#random.below(12);
      const frame: SimulatedFrame = {
        shard: writer.shard,
        sequence: writer.nextSequence,
        firstId: this.#frameOf.length,
        count,
        fate: 'pending',
      };
      for (let row = 0; row < count; row += 1) this.#frameOf.push(frame);
      this.#frames.push(frame);
      const outcomes = { accepted: count, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
      const header = { kind: frameKinds.logs, tenant, rowCount: count, outcomes, receivedMs: this.#clock.nowMs() };
      const payload = encodeRows(originOf(log.incarnation, writer.shard), frame.sequence, frame.firstId, count);
      const settle = (fate: Fate) => () => void (frame.fate = frame.fate === 'pending' ? fate : frame.fate);
      writer.append(header, [payload]).then(settle('acknowledged'), settle('refused'));
    }
  }

  #query(): void {
    if (this.#queries >= 4) return;
    this.#queries += 1;
    const product = this.#product!;
    const shownBefore = [...this.#shown];
    const snapshot = product.store.snapshots.acquire();
    // A query reads all at once, or one thing after the other, as a search in two steps does.
    const pauseMs = this.#random.pick([undefined, 0, 5, 400]);
    const pause = pauseMs === undefined ? undefined : (): Promise<void> => this.#clock.sleep(pauseMs);
    product.select(snapshot, pause).then(
      (rows) => {
        const isComplete = snapshot.incompleteReason === undefined;
        snapshot.release();
        if (this.#product === product) this.#queries -= 1;
        try {
          this.#checkAnswer(
            rows.map(({ id }) => id),
            isComplete ? shownBefore : [],
          );
        } catch (error) {
          this.#failure ??= error as Error;
        }
      },
      () => {
        snapshot.release();
        if (this.#product === product) this.#queries -= 1;
      },
    );
  }

  #checkAnswer(ids: readonly number[], expected: readonly number[]): void {
    const found = new Set<number>();
    for (const id of ids) {
      const frame = this.#frameOf[id];
      assert.ok(!found.has(id), `line ${id} of frame ${frame.shard}/${frame.sequence} is shown twice`);
      assert.notEqual(frame.fate, 'refused', `line ${id} is shown, but was refused`);
      found.add(id);
    }
    const missing = expected.filter((id) => !found.has(id));
    assert.equal(
      missing.length,
      0,
      `lines ${missing.slice(0, 5).join()} were shown before and are missing in an answer that says complete`,
    );
    for (const id of found) this.#shown.add(id);
  }

  #replay(replay: Replay, log: WalLog): void {
    if (replay.status().running) return;
    const from = this.#random.chance(0.5)
      ? { receivedMs: this.#clock.nowMs() - this.#random.below(30_000) }
      : { positions: new Map(log.shards().map(({ shard, end }) => [shard, this.#random.below(end.sequence + 1)])) };
    replay.start(from);
  }

  #engineCrash(): void {
    if (!this.#engine.isUp) return;
    this.#engine.crash();
    this.#product!.store.memtables.lose();
  }

  #engineStart(): void {
    if (this.#engine.isUp) return;
    this.#engine.isUp = true;
    for (const wake of this.#engineWaiters.splice(0)) wake();
  }

  async #startAgain(machineCrash: boolean): Promise<void> {
    const takesEngine = machineCrash || this.#random.chance(0.7);
    this.#product!.end();
    this.#product = undefined;
    for (const frame of this.#frames) if (frame.fate === 'pending') frame.fate = 'undecided';
    if (takesEngine) {
      this.#engine.crash();
    }
    if (machineCrash) {
      this.#forgetUnproven(this.#files.durableContents());
      this.#files.crash();
    } else {
      this.#forgetUnproven(this.#files.paths().map((path) => [path, this.#files.contentOf(path)]));
      this.#files.kill();
    }
    this.#faultRate = 0;
    this.#files.capacityBytes = capacityBytes;
    this.#queries = 0;
    this.#engineWaiters = [];
    this.#product = await this.#open();
  }

  /** A refusal counts only where something could be written that says so (wal-format.md, "What cannot be proven"). */
  #forgetUnproven(contents: Iterable<readonly [string, Buffer]>): void {
    const headers = [...contents].flatMap(([path, content]) => {
      const header = path.endsWith('.wal') ? decodeSegmentHeader(content.subarray(0, segmentHeaderRegion), path) : undefined;
      return header === undefined ? [] : [header];
    });
    for (const frame of this.#frames) {
      if (frame.fate !== 'refused') continue;
      const voided = headers.some(
        ({ shard, previousEnd, firstSequence }) => shard === frame.shard && previousEnd <= frame.sequence && frame.sequence < firstSequence,
      );
      if (!voided) frame.fate = 'undecided';
    }
  }

  async #open(): Promise<Product> {
    let alive = true;
    const clock: Clock = {
      nowMs: () => this.#clock.nowMs(),
      monotonicMs: () => this.#clock.monotonicMs(),
      sleep: (durationMs, signal) => this.#clock.sleep(durationMs, signal).then(() => (alive ? undefined : never<void>())),
    };
    const files = this.#files.process();
    const connection = this.#engine.connect();
    const shared = { files, clock, logger: silentLogger };
    const log = await openWalLog({
      ...shared,
      directory: '/data/log',
      config: smallLog,
      holders: [indexerName],
      random: () => this.#random(),
    });
    const writers = Array.from({ length: shardCount }, (_, shard) =>
      openWalWriter({
        ...shared,
        directory: '/data/log',
        shard,
        incarnation: log.incarnation,
        start: log.writerStart(shard),
        config: smallLog,
        onCommitted: (end) => log.advance(end),
        nextMarker: () => 0x01010101 + this.#random.below(2 ** 24),
      }),
    );
    const { incarnation } = log;
    const store = await openWritingSide({
      ...shared,
      database: connection.statements,
      directory: '/data/store',
      spanOf: () => undefined,
      incarnation,
      config: smallStore,
    });
    const indexed = {
      sink: store.memtables,
      prepare: () => connection.statements.selectInternal('SELECT name FROM system.tables ').then(() => undefined),
      setIncomplete: (reason: string | undefined) => store.snapshots.setIncomplete(reason),
    };
    const waitForEngine = (): Promise<void> =>
      this.#engine.isUp ? Promise.resolve() : new Promise((resolve) => this.#engineWaiters.push(resolve));
    const indexer = new Indexer({
      ...shared,
      log,
      store: indexed,
      quarantine: { take: () => undefined },
      config: smallStore,
      waitForEngine,
    });
    indexer.failed.catch((error: Error) => (this.#failure ??= error));
    const replay = new Replay({
      log,
      replacer: store.replacer,
      committed: () => store.memtables.committed,
      portionRows: 50,
      portionBytes: 2000,
      reparse: (block) => block,
      logger: silentLogger,
    });
    indexer.start();
    const end = (): void => {
      alive = false;
      connection.disconnect();
    };
    return { log, writers, store, indexer, replay, select: connection.select, end };
  }

  /** All faults end; everything must come to rest, and then be whole. */
  async #rest(): Promise<void> {
    this.#faultRate = 0;
    this.#files.capacityBytes = capacityBytes;
    this.#engine.faultRate = 0;
    this.#engine.damageRate = 0;
    this.#engineStart();
    const { indexer, store, replay, select } = this.#product!;
    await this.#until(() => !this.#isPending(), 'appends are answered');
    let isIndexed = false;
    void indexer.indexed().then(() => (isIndexed = true));
    await this.#until(() => isIndexed && indexer.isCaughtUp && !replay.status().running && this.#engine.isIdle, 'the indexer catches up');
    if (this.#random.chance(0.5)) {
      const flushed = store.memtables.flush();
      let isFlushed = false;
      void flushed.then(() => (isFlushed = true));
      await this.#until(() => isFlushed, 'a flush ends');
    }
    const snapshot = store.snapshots.acquire();
    assert.equal(snapshot.incompleteReason, undefined, 'everything is found, and the answer says complete');
    let ids: number[] | undefined;
    void select(snapshot).then((rows) => (ids = rows.map(({ id }) => id)));
    await this.#until(() => ids !== undefined, 'a query ends');
    snapshot.release();
    this.#checkAnswer(ids!, [...this.#shown]);
    const found = new Set(ids);
    for (const { fate, firstId, count, shard, sequence } of this.#frames) {
      if (fate !== 'acknowledged') continue;
      for (let id = firstId; id < firstId + count; id += 1)
        assert.ok(found.has(id), `acknowledged line ${id} of frame ${shard}/${sequence} is missing`);
    }
    assert.equal(store.memtables.ledger().get(tenant)?.accepted ?? 0, found.size, 'the ledger has as many lines as are found');
    assert.equal(indexer.status().missed_frames, 0, 'no frame was trimmed before it was indexed');
    await this.#until(
      () => this.#engine.tablesWithRows().length <= store.snapshots.state.memtables.length,
      'memtables that nobody needs are dropped',
    );
  }

  #isPending(): boolean {
    return this.#frames.some(({ fate }) => fate === 'pending');
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    for (let turns = 0; !condition(); turns += 1) {
      assert.ok(turns < 3000, `not within reasonable time: ${what}`);
      for (let steps = 0; steps < 4; steps += 1) this.#engine.step();
      await new Promise((resolve) => setImmediate(resolve));
      this.#clock.advance(turns < 100 ? 100 : 1000);
      if (turns % 10 === 9) this.#product!.store.memtables.tick();
      if (this.#failure !== undefined) throw this.#failure;
    }
  }
}

/** How often an action comes, by how often it stands here. */
const weights = {
  engine: 40,
  append: 14,
  query: 8,
  tick: 3,
  flush: 2,
  replay: 1,
  trim: 1,
  pass: 14,
  jump: 1,
  faults: 1,
  full: 1,
  'engine faults': 1,
  'engine crash': 0.5,
  'engine start': 3,
  kill: 0.5,
  'machine crash': 0.5,
} as const;
const actions = Object.entries(weights).flatMap(([action, weight]) =>
  Array<keyof typeof weights>(weight * 2).fill(action as keyof typeof weights),
);

/** Runs histories from this seed on until the time is over; a failure names its seed. Returns what ran. */
export async function simulate(
  firstSeed: number,
  durationMs: number,
  actionCount = 250,
): Promise<{ histories: number; interleavings: number }> {
  const endMs = performance.now() + durationMs;
  let seed = firstSeed;
  let interleavings = 0;
  do {
    const simulation = new Simulation(seed);
    try {
      await simulation.run(actionCount);
    } catch (error) {
      throw new Error(`seed ${seed} after ${simulation.interleavings} actions: ${(error as Error).message}; again: MILLRACE_SEED=${seed}`, {
        cause: error,
      });
    }
    interleavings += simulation.interleavings;
    seed += 1;
  } while (performance.now() < endMs);
  return { histories: seed - firstSeed, interleavings };
}
