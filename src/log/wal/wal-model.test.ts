/**
 * Random actions against a model: appends, commits, trims, restarts, killed processes, crashed machines, full disks, failing
 * writes and syncs, on the simulated file system. The promises of docs/specs/durable-log.md are checked after every
 * restart and in between. A failure prints its seed; `MILLRACE_SEEDS=1000 node --test` runs more of them.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { AppError } from '#base/errors.ts';
import { seededRandom } from '../../../test/faults/seeded-random.ts';
import type { SeededRandom } from '../../../test/faults/seeded-random.ts';
import { SimulatedClock } from '../../../test/faults/simulated-clock.ts';
import { SimulatedFiles } from '../../../test/faults/simulated-files.ts';
import { readAll } from '../durable-log.contract.ts';
import type { LogReader } from '../durable-log.ts';
import { decodeSegmentHeader, segmentHeaderRegion } from './segment-header.ts';
import { headerOf, openTestWal, smallLogConfig } from './wal-log.fake.ts';
import type { WalUnderTest } from './wal-log.fake.ts';
import type { WalWriter } from './wal-writer.ts';

/** What the model knows of a frame. `undecided`: its process died before it answered, so it may be there or not. */
type Fate = 'pending' | 'acknowledged' | 'rejected' | 'undecided' | 'gone';

interface ModelFrame {
  readonly shard: number;
  readonly sequence: number;
  readonly content: string;
  readonly rows: number;
  fate: Fate;
  /** A live reader has handed it out. */
  wasRead: boolean;
}

const directory = '/data/log';
const shardCount = 2;

interface Tail {
  readonly reader: LogReader;
  seen: number;
}

class Model {
  readonly random: SeededRandom;
  readonly clock = new SimulatedClock();
  readonly files: SimulatedFiles;
  readonly frames: ModelFrame[] = [];
  readonly faults = { rate: 0 };
  readonly trace: string[] = [];
  readonly held = new Map<number, number>();
  readonly compression: string;
  truncateFailed = false;
  wal!: WalUnderTest;
  writers: WalWriter[] = [];
  tails: Tail[] = [];

  constructor(seed: number) {
    this.random = seededRandom(seed);
    const faultRandom = seededRandom(seed + 1_000_000);
    this.compression = this.random.pick(['none', 'none', 'zstd']);
    this.files = new SimulatedFiles({
      seed: seed + 2_000_000,
      capacityBytes: 2 ** 24,
      fault: (operation) => {
        if (['open', 'read', 'close', 'exists', 'list', 'size'].includes(operation)) return undefined;
        if (!faultRandom.chance(this.faults.rate)) return undefined;
        if (operation === 'truncate') this.truncateFailed = true;
        return { code: faultRandom.pick(['EIO', 'ENOSPC'] as const) };
      },
      // Operations take several turns, so that appends arrive while others are on their way.
      beforeOperation: async () => {
        for (let turns = faultRandom.below(4); turns > 0; turns -= 1) await Promise.resolve();
      },
    });
  }

  async open(): Promise<void> {
    const config = smallLogConfig({ segment_bytes: 6000, max_bytes: 400_000, max_group_bytes: 8192, compression: this.compression });
    this.wal = await openTestWal({
      files: this.files.process(),
      directory,
      clock: this.clock,
      config,
      random: () => 0.5,
      nextMarker: () => 0x01010101 + this.random.below(2 ** 24),
      compress: async (payload, level) => {
        for (let turns = this.random.below(20); turns > 0; turns -= 1) await Promise.resolve();
        return zstdCompressSync(payload, { params: { [constants.ZSTD_c_compressionLevel]: level } });
      },
    });
    this.writers = Array.from({ length: shardCount }, (_, shard) => this.wal.writer(shard));
    this.tails = [];
  }

  append(): void {
    const writer = this.random.pick(this.writers);
    for (let count = 1 + this.random.below(6); count > 0; count -= 1) {
      const rows = 1 + this.random.below(50);
      const content = `${this.frames.length} ${'x'.repeat(this.random.below(this.random.chance(0.1) ? 5000 : 400))}`;
      const frame: ModelFrame = { shard: writer.shard, sequence: writer.nextSequence, content, rows, fate: 'pending', wasRead: false };
      const middle = this.random.below(content.length);
      const appended = writer.append(headerOf(rows, this.clock.nowMs()), [
        Buffer.from(content.slice(0, middle)),
        Buffer.from(content.slice(middle)),
      ]);
      this.frames.push(frame);
      // An answer that comes after the end of its process was never sent.
      const answer = (fate: Fate): void => void (frame.fate = frame.fate === 'pending' ? fate : frame.fate);
      appended.then(
        () => answer('acknowledged'),
        (error: unknown) => {
          assert.ok(!frame.wasRead, 'a frame is rejected that was read');
          assert.ok(error instanceof AppError && ['log_unavailable', 'log_full'].includes(error.code), String(error));
          answer('rejected');
        },
      );
    }
  }

  beforeCrash(): void {
    this.forgetUnproven(this.files.durableContents());
  }

  /** What only the page cache holds counts as well, and a truncation is enough. */
  beforeKill(): void {
    if (this.truncateFailed) this.forgetUnproven(this.files.paths().map((path) => [path, this.files.contentOf(path)]));
    this.truncateFailed = false;
  }

  /** The process is gone: its open appends are undecided. */
  end(): void {
    for (const frame of this.frames) if (frame.fate === 'pending') frame.fate = 'undecided';
  }

  /** A rejection counts only where something could be written that says so (wal-format.md, "What cannot be proven"). */
  forgetUnproven(contents: Iterable<[string, Buffer]>): void {
    const headers = [...contents].flatMap(([path, content]) => {
      const header = path.endsWith('.wal') ? decodeSegmentHeader(content.subarray(0, segmentHeaderRegion), path) : undefined;
      return header === undefined ? [] : [header];
    });
    for (const frame of this.frames) {
      if (frame.fate !== 'rejected') continue;
      const voided = headers.some(
        ({ shard, previousEnd, firstSequence }) => shard === frame.shard && previousEnd <= frame.sequence && frame.sequence < firstSequence,
      );
      if (!voided) frame.fate = 'undecided';
    }
  }

  /** Reads everything and compares; after a restart what was undecided is decided. */
  async check(afterRestart: boolean): Promise<void> {
    for (const { shard, first, end } of this.wal.log.shards()) {
      const reader = await this.wal.log.openReader(shard, 0);
      const read = await readAll(reader, 1 + this.random.below(20_000));
      await reader.close();
      const known = this.frames.filter((frame) => frame.shard === shard);
      let last = -1;
      const found = new Set<ModelFrame>();
      for (const { sequence, payload, rowCount } of read) {
        assert.ok(sequence > last && sequence < end.sequence, `shard ${shard}: sequence ${sequence} after ${last}, end ${end.sequence}`);
        last = sequence;
        const frame = known.find((one) => one.sequence === sequence && one.content === payload.toString());
        assert.ok(frame !== undefined, `shard ${shard}: a frame ${sequence} that nobody appended`);
        assert.equal(rowCount, frame.rows);
        assert.ok(
          frame.fate === 'acknowledged' || (frame.fate === 'undecided' && afterRestart),
          `shard ${shard}: frame ${sequence} is ${frame.fate}`,
        );
        found.add(frame);
      }
      const mustBeKept = Math.min(first, this.held.get(shard) ?? 0);
      for (const frame of known) {
        if (frame.fate === 'acknowledged' && frame.sequence >= mustBeKept)
          assert.ok(found.has(frame), `shard ${shard}: acknowledged frame ${frame.sequence} is missing`);
        if (afterRestart && frame.fate === 'undecided') frame.fate = found.has(frame) ? 'acknowledged' : 'gone';
      }
    }
  }

  /** Frames torn in a crashed group may later look like damage; nothing else may. */
  checkRecovery(): void {
    const decidedGone = this.frames.filter(({ fate }) => fate === 'gone').length;
    const damaged = this.wal.log.recovery.reduce((sum, { damagedFrames }) => sum + damagedFrames, 0);
    assert.ok(damaged <= decidedGone, `${damaged} frames are called damaged, ${decidedGone} were torn`);
  }

  kill(): void {
    this.beforeKill();
    this.files.kill();
  }

  async settle(): Promise<void> {
    for (let turns = 0; this.frames.some(({ fate }) => fate === 'pending'); turns += 1) {
      assert.ok(turns < 10_000, 'appends do not end');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async readTails(): Promise<void> {
    if (this.tails.length < 3) {
      const { shard, first, end } = this.random.pick(this.wal.log.shards());
      const from = first + this.random.below(end.sequence - first + 1);
      this.tails.push({ reader: await this.wal.log.openReader(shard, from), seen: from - 1 });
    }
    for (const tail of this.tails) {
      const frames = await tail.reader.read(1 + this.random.below(3000));
      for (const frame of frames) {
        this.mustBeNext(tail, frame.sequence);
        const known = this.frames.find(
          ({ shard, sequence, content }) => shard === frame.shard && sequence === frame.sequence && content === frame.payload.toString(),
        );
        assert.ok(known !== undefined, `a tail reads frame ${frame.sequence} of shard ${frame.shard}, which nobody appended`);
        known.wasRead = true;
        tail.seen = frame.sequence;
      }
      if (frames.length === 0) this.mustBeNext(tail, tail.reader.nextSequence);
    }
  }

  /** Nothing acknowledged and still kept stands between what the tail saw last and this sequence. */
  mustBeNext({ reader, seen }: Tail, next: number): void {
    assert.ok(next > seen);
    const { first } = this.wal.log.shards()[this.wal.log.shards().findIndex(({ shard }) => shard === reader.shard)];
    const passed = this.frames.find(
      ({ shard, sequence, fate }) =>
        shard === reader.shard && fate === 'acknowledged' && sequence > seen && sequence >= first && sequence < next,
    );
    assert.equal(passed, undefined, `a tail of shard ${reader.shard} passes over an acknowledged frame`);
  }

  async act(): Promise<void> {
    const action = this.random.pick([
      'append',
      'append',
      'append',
      'append',
      'turns',
      'settle',
      'check',
      'tail',
      'tail',
      'commit',
      'trim',
      'pass',
      'faults',
      'full',
      'kill',
      'crash',
      'restart',
    ] as const);
    this.trace.push(action);
    switch (action) {
      case 'append':
        return this.append();
      case 'turns':
        return new Promise((resolve) => setImmediate(resolve));
      case 'settle':
        return this.settle();
      case 'check': {
        await this.settle();
        return this.check(false);
      }
      case 'tail': {
        return this.wal.log.shards().length > 0 ? this.readTails() : undefined;
      }
      case 'commit':
        return this.commit();
      case 'trim':
        return void (await this.wal.log.trim().catch(() => 0));
      case 'pass':
        return this.clock.advance(this.random.pick([10, 1000, 3_600_000]));
      case 'faults':
        return void (this.faults.rate = this.random.pick([0, 0, 0.02, 0.1, 0.5, 1]));
      case 'full':
        return void (this.files.capacityBytes = this.random.pick([2 ** 24, 2 ** 24 - this.files.freeBytes + this.random.below(3000)]));
      case 'kill':
        return this.startAgain(() => this.kill());
      case 'crash':
        return this.startAgain(() => {
          this.beforeCrash();
          this.files.crash();
        });
      case 'restart': {
        await this.settle();
        return this.startAgain(() => this.kill());
      }
    }
  }

  async commit(): Promise<void> {
    const position = new Map<number, number>();
    for (const { shard, first, end } of this.wal.log.shards()) {
      const from = Math.max(first, this.held.get(shard) ?? 0);
      position.set(shard, Math.min(end.sequence, from + this.random.below(20)));
    }
    await this.wal.log.commit('indexer', position).then(
      () => position.forEach((sequence, shard) => this.held.set(shard, sequence)),
      () => this.held.forEach((sequence, shard) => this.held.set(shard, Math.max(sequence, position.get(shard) ?? 0))),
    );
  }

  async startAgain(fall: () => void): Promise<void> {
    this.end();
    fall();
    this.faults.rate = 0;
    this.files.capacityBytes = 2 ** 24;
    await this.open();
    await this.check(true);
    this.checkRecovery();
  }
}

async function run(seed: number, actionCount: number): Promise<void> {
  const model = new Model(seed);
  try {
    await model.open();
    for (let count = 0; count < actionCount; count += 1) await model.act();
    await model.settle();
    await model.startAgain(() => model.kill());
    await model.append();
    await model.settle();
    assert.equal(model.frames.at(-1)?.fate, 'acknowledged', 'the log takes frames again once the faults are over');
    await model.check(false);
  } catch (error) {
    throw new Error(`seed ${seed}: ${model.trace.join(' ')}`, { cause: error });
  }
}

const seedCount = Number(process.env.MILLRACE_SEEDS ?? 60);

test(`${seedCount} random histories keep the promises of the log`, async (t) => {
  const base = process.env.MILLRACE_SEED === undefined ? randomInt(2 ** 30) : Number(process.env.MILLRACE_SEED);
  t.diagnostic(`seeds ${base} to ${base + seedCount - 1}`);
  for (let seed = base; seed < base + seedCount; seed += 1) await run(seed, 80);
});
