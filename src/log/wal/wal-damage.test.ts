/** Every kind of damage by name, and what it costs: docs/specs/durable-log.md 12, 21, 22. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { AppError } from '#base/errors.ts';
import { SimulatedFiles } from '../../../test/faults/simulated-files.ts';
import { readAll } from '../durable-log.contract.ts';
import type { Frame, RecoveryReport } from '../durable-log.ts';
import { frameHeaderBytes } from './frame-codec.ts';
import { formatSegmentName, segmentHeaderRegion } from './segment-header.ts';
import { headerOf, openTestWal, smallLogConfig } from './wal-log.fake.ts';
import type { WalUnderTest } from './wal-log.fake.ts';

const directory = '/data/log';
const shardDirectory = `${directory}/shard-00`;
const payloadBytes = 300;
const frameBytes = frameHeaderBytes + 'acme'.length + payloadBytes;
/** Frames that fit a segment of 4096 bytes before the next append begins another. */
const framesPerSegment = 8;
const frameCount = 4 * framesPerSegment;
const rowsOf = (sequence: number): number => 10 + sequence;
const sum = (sequences: readonly number[]): number => sequences.reduce((rows, sequence) => rows + rowsOf(sequence), 0);

async function append(wal: WalUnderTest, count: number): Promise<void> {
  const writer = wal.writer(0);
  for (let index = 0; index < count; index += 1) {
    await writer.append(headerOf(rowsOf(writer.nextSequence)), [Buffer.alloc(payloadBytes, writer.nextSequence)]);
  }
}

interface Damage {
  /** Does it, to a log of four full segments. */
  readonly harm: (files: SimulatedFiles, segments: readonly string[]) => void;
  /** Sequences that can no longer be read. */
  readonly lost: readonly number[];
  /** What recovery says; without it nothing. */
  readonly report?: Partial<RecoveryReport>;
}

/** Offset of a frame in its segment. */
const frameAt = (index: number): number => segmentHeaderRegion + index * frameBytes;

const flip = (path: (segments: readonly string[]) => string, offset: number) => (files: SimulatedFiles, segments: readonly string[]) => {
  const content = files.contentOf(path(segments));
  content[offset] ^= 0x40;
  files.place(path(segments), content);
};

const second = (segments: readonly string[]): string => segments[1];
const last = (segments: readonly string[]): string => segments[3];
const inSecond = framesPerSegment + 4;
const lastSequence = frameCount - 1;

function reshape(path: (segments: readonly string[]) => string, change: (content: Buffer) => Buffer) {
  return (files: SimulatedFiles, segments: readonly string[]): void =>
    files.place(path(segments), change(Buffer.from(files.contentOf(path(segments)))));
}

const damages: Record<string, Damage> = {
  'nothing at all': { harm() {}, lost: [] },
  'a flipped byte in the marker of a frame': { harm: flip(second, frameAt(4)), lost: [inSecond] },
  'a flipped byte in the CRC of a header': { harm: flip(second, frameAt(4) + 5), lost: [inSecond] },
  'a flipped byte in a length': { harm: flip(second, frameAt(4) + 9), lost: [inSecond] },
  'a flipped byte in a sequence': { harm: flip(second, frameAt(4) + 16), lost: [inSecond] },
  'a flipped byte in the row count': { harm: flip(second, frameAt(4) + 40), lost: [inSecond] },
  'a flipped byte in a tenant': { harm: flip(second, frameAt(4) + frameHeaderBytes), lost: [inSecond] },
  'a flipped byte in a payload': { harm: flip(second, frameAt(4) + 200), lost: [inSecond] },
  'a flipped byte in the first frame of a segment': { harm: flip(second, frameAt(0) + 20), lost: [framesPerSegment] },
  'a flipped byte in the last frame of a segment': {
    harm: flip(second, frameAt(framesPerSegment - 1) + 20),
    lost: [2 * framesPerSegment - 1],
  },
  'a zero-filled sector in the middle': {
    harm: reshape(second, (content) => content.fill(0, frameAt(4) + 10, frameAt(4) + 10 + 300)),
    lost: [inSecond],
  },
  'garbage pushed in between two frames': {
    harm: reshape(second, (content) =>
      Buffer.concat([content.subarray(0, frameAt(4)), Buffer.alloc(1234, 'MRWAL'), content.subarray(frameAt(4))]),
    ),
    lost: [],
  },
  'a payload that holds a whole frame of the same segment, with its own header damaged': {
    harm: reshape(second, (content) => {
      content.copy(content, frameAt(4) + 60, frameAt(2), frameAt(2) + 250);
      return content;
    }),
    lost: [inSecond],
  },
  'a flipped byte in the segment header: the second copy serves': { harm: flip(second, 33), lost: [] },
  'both copies of a segment header: the file name serves': {
    harm: (files, segments) => {
      flip(second, 33)(files, segments);
      flip(second, 512 + 33)(files, segments);
    },
    lost: [],
  },
  'a missing segment in the middle': {
    harm: (files, segments) => files.lose(segments[1]),
    lost: Array.from({ length: framesPerSegment }, (_, index) => framesPerSegment + index),
  },
  'a segment in the middle cut to nothing': {
    harm: reshape(second, () => Buffer.alloc(0)),
    lost: Array.from({ length: framesPerSegment }, (_, index) => framesPerSegment + index),
  },
  'a segment in the middle cut within a frame': {
    harm: reshape(second, (content) => content.subarray(0, frameAt(framesPerSegment - 2) + 100)),
    lost: [2 * framesPerSegment - 2, 2 * framesPerSegment - 1],
  },
  'an empty segment file at the end': {
    harm: (files) => files.place(`${shardDirectory}/${formatSegmentName(frameCount, 0x01020304)}`, Buffer.alloc(0)),
    lost: [],
  },
  'a segment file at the end with a torn header': {
    harm: (files, segments) =>
      files.place(`${shardDirectory}/${formatSegmentName(frameCount, 0x01020304)}`, files.contentOf(segments[3]).subarray(0, 50)),
    lost: [],
    report: { tornBytes: 50 },
  },
  'a segment that is there twice': {
    harm: (files, segments) =>
      files.place(`${shardDirectory}/${formatSegmentName(framesPerSegment, 0x7f7f7f7f)}`, files.contentOf(segments[1])),
    lost: [],
  },
  'a truncated header at the end': {
    harm: reshape(last, (content) => content.subarray(0, frameAt(framesPerSegment - 1) + 30)),
    lost: [lastSequence],
    report: { tornBytes: 30 },
  },
  'a truncated payload at the end': {
    harm: reshape(last, (content) => content.subarray(0, frameAt(framesPerSegment - 1) + 200)),
    lost: [lastSequence],
    report: { tornBytes: 200 },
  },
  'a zero-filled tail': {
    harm: reshape(last, (content) => Buffer.concat([content, Buffer.alloc(5000)])),
    lost: [],
    report: { tornBytes: 5000 },
  },
  'a tail of garbage': {
    harm: reshape(last, (content) => Buffer.concat([content, Buffer.alloc(777, 'garbage')])),
    lost: [],
    report: { tornBytes: 777 },
  },
  'a tail of old frames of the same segment': {
    harm: reshape(last, (content) => Buffer.concat([content, content.subarray(frameAt(1), frameAt(3))])),
    lost: [],
    report: { tornBytes: 2 * frameBytes },
  },
  'a flipped byte in the middle of the last segment': { harm: flip(last, frameAt(4) + 100), lost: [3 * framesPerSegment + 4] },
  'unknown files in the directories': {
    harm: (files) => {
      files.place(`${directory}/notes.txt`, Buffer.from('hello'));
      files.place(`${shardDirectory}/copy of a segment.wal`, Buffer.from('hello'));
    },
    lost: [],
  },
};

async function damagedLog(harm: Damage['harm']): Promise<{ files: SimulatedFiles; wal: WalUnderTest }> {
  const files = new SimulatedFiles({ seed: 7 });
  const wal = await openTestWal({ files: files.process(), directory });
  await append(wal, frameCount);
  await wal.close();
  const segments = files.paths().filter((path) => path.endsWith('.wal'));
  assert.equal(segments.length, 4);
  harm(files, segments);
  return { files, wal: await openTestWal({ files: files.process(), directory }) };
}

async function readShard(wal: WalUnderTest): Promise<{ frames: Frame[]; damagedFrames: number; lostRows: number; skippedFrames: number }> {
  const reader = await wal.log.openReader(0, 0);
  const frames = await readAll(reader, 1000);
  await reader.close();
  return { frames, damagedFrames: reader.damagedFrames, lostRows: reader.lostRows, skippedFrames: reader.skippedFrames };
}

describe('damage', () => {
  for (const [name, { harm, lost, report = {} }] of Object.entries(damages)) {
    test(name, async () => {
      const { wal } = await damagedLog(harm);
      const torn = report.tornBytes !== undefined;
      const damaged = torn ? 0 : lost.length;
      assert.deepEqual(wal.log.recovery, [{ shard: 0, tornBytes: 0, damagedFrames: damaged, lostRows: torn ? 0 : sum(lost), ...report }]);
      const { frames, ...counts } = await readShard(wal);
      const expected = Array.from({ length: frameCount }, (_, sequence) => sequence).filter((sequence) => !lost.includes(sequence));
      assert.deepEqual(
        frames.map(({ sequence }) => sequence),
        expected,
      );
      for (const { sequence, payload, rowCount } of frames) {
        assert.equal(rowCount, rowsOf(sequence));
        assert.ok(payload.equals(Buffer.alloc(payloadBytes, sequence)));
      }
      assert.deepEqual(counts, { damagedFrames: damaged, lostRows: torn ? 0 : sum(lost), skippedFrames: 0 });

      // It goes on behind the damage, and never uses a sequence again.
      const next = wal.writer(0).nextSequence;
      assert.ok(next >= frameCount - (torn ? 1 : 0) && (lost.length === 0 || next > lost[lost.length - 1]), `next is ${next}`);
      await append(wal, 3);
      const after = await readShard(wal);
      assert.deepEqual(
        after.frames.map(({ sequence }) => sequence),
        [...expected, next, next + 1, next + 2],
      );
      const again = await wal.restart();
      assert.deepEqual(
        (await readShard(again)).frames.map(({ sequence }) => sequence),
        [...expected, next, next + 1, next + 2],
      );
      assert.equal(again.log.recovery[0].tornBytes, 0);
      await again.close();
    });
  }

  test('a flipped byte in the last group of several frames costs that frame only', async () => {
    const files = new SimulatedFiles({ seed: 7 });
    const wal = await openTestWal({ files: files.process(), directory });
    const writer = wal.writer(0);
    await Promise.all([1, 2, 3, 4].map((fill) => writer.append(headerOf(5), [Buffer.alloc(payloadBytes, fill)])));
    const [path] = files.paths().filter((file) => file.endsWith('.wal'));
    flip(() => path, frameAt(1) + 150)(files, []);
    const again = await wal.restart();
    assert.deepEqual(
      (await readShard(again)).frames.map(({ sequence }) => sequence),
      [0, 2, 3],
    );
    assert.deepEqual(again.log.recovery, [{ shard: 0, tornBytes: frameBytes, damagedFrames: 0, lostRows: 0 }]);
    assert.equal(again.writer(0).nextSequence, 4);
  });

  test('damage that comes while the log is open: the live reader counts it and goes on', async () => {
    const files = new SimulatedFiles({ seed: 7 });
    const wal = await openTestWal({ files: files.process(), directory });
    const reader = await wal.log.openReader(0, 0);
    await append(wal, 2);
    const [path] = files.paths().filter((file) => file.endsWith('.wal'));
    files.contentOf(path)[frameAt(1) + 10] ^= 1;
    assert.deepEqual(
      (await readAll(reader)).map(({ sequence }) => sequence),
      [0],
    );
    assert.deepEqual([reader.nextSequence, reader.damagedFrames], [2, 1]);
    const second = wal.log.openReader(0, 2);
    await (await second).close();
    await append(await wal.restart(), 1);
  });
});

describe("damage to the log's own records", () => {
  const consumers = `${directory}/consumers`;
  const incarnation = `${directory}/incarnation`;

  async function logWithPositions(harm: (files: SimulatedFiles) => void): Promise<{ before: WalUnderTest; files: SimulatedFiles }> {
    const files = new SimulatedFiles({ seed: 7 });
    const before = await openTestWal({ files: files.process(), directory });
    await append(before, 5);
    await before.log.commit('indexer', new Map([[0, 5]]));
    await before.close();
    harm(files);
    return { before, files };
  }

  for (const [name, content] of [
    ['flipped', undefined],
    ['empty', ''],
    ['garbage', 'zzzzzzzz {}\n'],
  ] as const) {
    test(`a consumer file that is ${name}: said in the log, everything is held again`, async () => {
      const { files } = await logWithPositions((damaged) => {
        const old = damaged.contentOf(consumers);
        if (content === undefined) old[20] ^= 1;
        damaged.place(consumers, content === undefined ? old : Buffer.from(content));
      });
      const said: string[] = [];
      const logger = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => void said.push(message) };
      const wal = await openTestWal({ files: files.process(), directory, logger });
      assert.match(said.join(), /positions of the log's consumers are damaged/);
      assert.deepEqual([...wal.log.committed('indexer')], []);
      assert.ok(wal.log.heldBytes > 0);
      await wal.log.commit('indexer', new Map([[0, 5]]));
      assert.equal(wal.log.heldBytes, 0);
    });
  }

  for (const name of ['missing', 'damaged'] as const) {
    test(`an incarnation file that is ${name} is restored from the segments`, async () => {
      const { before, files } = await logWithPositions((damaged) =>
        name === 'missing' ? damaged.lose(incarnation) : damaged.place(incarnation, Buffer.from('?')),
      );
      const wal = await openTestWal({ files: files.process(), directory });
      assert.equal(wal.log.incarnation, before.log.incarnation);
      assert.equal((await readShard(wal)).frames.length, 5);
      files.kill();
      assert.equal((await openTestWal({ files: files.process(), directory })).log.incarnation, before.log.incarnation);
    });
  }

  test('a log that was wiped begins another incarnation, and old positions do not count in it', async () => {
    const { before, files } = await logWithPositions((wiped) => {
      for (const path of wiped.paths()) if (path !== consumers) wiped.lose(path);
    });
    const wal = await openTestWal({ files: files.process(), directory });
    assert.notEqual(wal.log.incarnation, before.log.incarnation);
    assert.deepEqual([...wal.log.committed('indexer')], []);
    assert.equal(wal.writer(0).nextSequence, 0);
  });

  test('a shard whose files are gone goes on behind every committed position', async () => {
    const { files } = await logWithPositions((damaged) => {
      for (const path of damaged.paths()) if (path.endsWith('.wal')) damaged.lose(path);
    });
    const wal = await openTestWal({ files: files.process(), directory });
    assert.equal(wal.writer(0).nextSequence, 5);
    await append(wal, 2);
    assert.deepEqual(
      (await readShard(wal)).frames.map(({ sequence }) => sequence),
      [5, 6],
    );
  });

  const refusals: [name: string, harm: (files: SimulatedFiles, path: string) => void, message: RegExp][] = [
    [
      'a segment of a later format',
      (files, path) => {
        const content = Buffer.from(files.contentOf(path));
        for (const at of [0, 512]) {
          content.writeUInt16LE(9, at + 8);
          content.writeUInt32LE(crcOfHeader(content.subarray(at, at + 72)), at + 12);
        }
        files.place(path, content);
      },
      /format 9, and this Millrace reads format 1/,
    ],
    [
      'a segment of another shard',
      (files, path) => files.place(path.replace('shard-00', 'shard-01'), files.contentOf(path)),
      /belongs to incarnation \d+, shard 0/,
    ],
  ];
  for (const [name, harm, message] of refusals) {
    test(`${name} is refused with advice, and nothing is changed`, async () => {
      const { files } = await logWithPositions((damaged) => harm(damaged, damaged.paths().find((path) => path.endsWith('.wal')) ?? ''));
      const before = new Map(files.durableContents());
      await assert.rejects(openTestWal({ files: files.process(), directory, config: smallLogConfig() }), (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.code, 'log_unavailable');
        assert.match(error.message, message);
        assert.match(error.message, /nothing was changed/);
        return true;
      });
      assert.deepEqual(new Map(files.durableContents()), before);
    });
  }
});

function crcOfHeader(copy: Buffer): number {
  return crc32(copy.subarray(16), crc32(copy.subarray(0, 12)));
}
