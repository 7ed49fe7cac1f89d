import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { LogLine } from '#model/log-line.ts';
import { createFakeIntake, fakeRequest } from '#receivers/intake.fake.ts';
import type { FakeIntake } from '#receivers/intake.fake.ts';
import type { ReceiverReply } from '#receivers/http-receiver.ts';
import { defaultsOf } from '../../../test/support/config-defaults.ts';
import { journaldConfig } from './config.ts';
import type { JournaldConfig } from './config.ts';
import { createJournaldReceiver } from './receiver.ts';

type Field = readonly [name: string, value: string | Uint8Array];

/** An entry in export format; values with line feeds or bytes in the binary form. */
function entry(...fields: readonly Field[]): Buffer {
  const parts = fields.map(([name, value]) => {
    const bytes = Buffer.from(value as Uint8Array);
    if (typeof value === 'string' && !value.includes('\n')) return Buffer.concat([Buffer.from(`${name}=`), bytes, Buffer.from('\n')]);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
  });
  return Buffer.concat([...parts, Buffer.from('\n')]);
}

const numbered = (i: number): Buffer => entry(['__CURSOR', `s=1;i=${i}`], ['MESSAGE', `entry ${i}`]);

interface Options {
  readonly config?: Partial<JournaldConfig>;
  readonly fake?: FakeIntake;
  readonly headers?: Readonly<Record<string, string>>;
}

async function* cut(bytes: Uint8Array, pieceBytes: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = Buffer.from(bytes.subarray(at, at + pieceBytes));
    yield piece;
    // the piece was only lent
    piece.fill(0x3d);
  }
}

async function upload(pieces: AsyncIterable<Uint8Array>, { config = {}, fake = createFakeIntake(), headers }: Options = {}) {
  const [route] = createJournaldReceiver(fake.context, { ...defaultsOf(journaldConfig), ...config }).routes;
  const request = fakeRequest('POST', '/upload', { headers: headers ?? { 'content-type': 'application/vnd.fdo.journal' } });
  const reply: ReceiverReply = await route.handle({ ...request, streamBody: () => pieces });
  return { fake, reply };
}

function summary({ tsNs, level, service, host, message, attributes }: LogLine): Record<string, unknown> {
  const named = Object.fromEntries(attributes.names.map((name, i) => [name, attributes.values[i]]));
  const fields = { tsNs: tsNs === 1_780_315_200_000_000_000n ? '' : tsNs, level, service, host, message };
  return { ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== 0)), ...named };
}

describe('entries', () => {
  const table: [what: string, fields: Field[], expected: Record<string, unknown>][] = [
    [
      'as a host sends them',
      [
        ['__CURSOR', 's=1;i=2'],
        ['__REALTIME_TIMESTAMP', '1750000000123456'],
        ['__MONOTONIC_TIMESTAMP', '99'],
        ['__SEQNUM', '7'],
        ['_BOOT_ID', 'b'],
        ['PRIORITY', '4'],
        ['SYSLOG_IDENTIFIER', 'sshd'],
        ['_SYSTEMD_UNIT', 'ssh.service'],
        ['_HOSTNAME', 'web-1'],
        ['_PID', '17'],
        ['MESSAGE', 'Accepted publickey for root'],
      ],
      {
        tsNs: 1_750_000_000_123_456_000n,
        level: 13,
        service: 'sshd',
        host: 'web-1',
        message: 'Accepted publickey for root',
        _BOOT_ID: 'b',
        SYSLOG_IDENTIFIER: 'sshd',
        _SYSTEMD_UNIT: 'ssh.service',
        _PID: '17',
      },
    ],
    ['several lines', [['MESSAGE', 'one\ntwo=2\n\nfour']], { message: 'one\ntwo=2\n\nfour' }],
    [
      'an empty binary value',
      [
        ['MESSAGE', Buffer.alloc(0)],
        ['A', Buffer.from('\n')],
      ],
      { A: '\n' },
    ],
    ['bytes that are no text', [['MESSAGE', Buffer.of(0x61, 0xff)]], { message: 'a\ufffd' }],
    [
      'values with equals signs',
      [
        ['MESSAGE', 'a=b=c'],
        ['EMPTY', ''],
      ],
      { message: 'a=b=c', EMPTY: '' },
    ],
    [
      'the source’s time goes before the journal’s, in any order',
      [
        ['_SOURCE_REALTIME_TIMESTAMP', '1750000000000001'],
        ['__REALTIME_TIMESTAMP', '1750000000000009'],
      ],
      { tsNs: 1_750_000_000_000_001_000n },
    ],
    [
      'and behind it too',
      [
        ['__REALTIME_TIMESTAMP', '1750000000000009'],
        ['_SOURCE_REALTIME_TIMESTAMP', '1750000000000001'],
      ],
      { tsNs: 1_750_000_000_000_001_000n },
    ],
    ['a source’s time that is none', [['_SOURCE_REALTIME_TIMESTAMP', 'soon']], { _SOURCE_REALTIME_TIMESTAMP: 'soon' }],
    ['a time that is too far', [['_SOURCE_REALTIME_TIMESTAMP', '9223372036854776']], { _SOURCE_REALTIME_TIMESTAMP: '9223372036854776' }],
    ['a unit alone', [['_SYSTEMD_UNIT', 'nginx.service']], { service: 'nginx', _SYSTEMD_UNIT: 'nginx.service' }],
    [
      'a scope',
      [
        ['_SYSTEMD_UNIT', 'init.scope'],
        ['_COMM', 'systemd'],
      ],
      { service: 'init.scope', _SYSTEMD_UNIT: 'init.scope', _COMM: 'systemd' },
    ],
    [
      'a container',
      [
        ['SYSLOG_IDENTIFIER', '7d3f'],
        ['CONTAINER_NAME', 'shop'],
      ],
      { service: 'shop', SYSLOG_IDENTIFIER: '7d3f', CONTAINER_NAME: 'shop' },
    ],
    ['a priority that is none', [['PRIORITY', '9']], { PRIORITY: '9' }],
    [
      'names that are spellings elsewhere stay names',
      [
        ['level', 'x'],
        ['host', 'y'],
      ],
      { level: 'x', host: 'y' },
    ],
  ];
  for (const [what, fields, expected] of table) {
    test(what, async () => {
      for (const pieceBytes of [1, 3, 1000]) {
        const { fake } = await upload(cut(entry(...fields), pieceBytes));
        assert.deepEqual(fake.lines().map(summary), [expected]);
      }
    });
  }
});

test('an upload is answered when all of it is durable, and compression is offered', async () => {
  const fake = createFakeIntake();
  const durable = Promise.withResolvers<void>();
  fake.durable = durable.promise;
  let isAnswered = false;
  const answer = upload(cut(numbered(1), 100), { fake }).then(({ reply }) => {
    isAnswered = true;
    return reply;
  });
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isAnswered, false);
  durable.resolve();
  const { status, headers } = await answer;
  assert.deepEqual([status, headers?.['accept-encoding']], [200, 'zstd']);
});

test('batches are cut at the same places when the same entries come again, and carry the same ids', async () => {
  const entries = Array.from({ length: 10 }, (_, i) => numbered(i));
  const config = { max_batch_records: 4 };
  const { fake: first } = await upload(cut(Buffer.concat(entries), 7), { config });
  const { fake: again } = await upload(cut(Buffer.concat([...entries, numbered(10)]), 1000), { config });
  const shape = ({ batches }: FakeIntake) => batches.map(({ lines, batchId }) => [lines.length, batchId]);
  assert.deepEqual(
    shape(first).map(([count]) => count),
    [4, 4, 2],
  );
  assert.deepEqual(shape(again).slice(0, 2), shape(first).slice(0, 2));
  assert.notDeepEqual(shape(again)[2], shape(first)[2]);
  assert.deepEqual(new Set(shape(again).map(([, id]) => id)).size, 3);
});

test('batches are cut by bytes too, and after a while', async () => {
  const { fake } = await upload(cut(Buffer.concat([numbered(1), numbered(2), numbered(3)]), 5), { config: { max_batch_bytes: 50 } });
  assert.deepEqual(
    fake.batches.map(({ lines }) => lines.length),
    [2, 1],
  );

  const slow = createFakeIntake();
  async function* trickle(): AsyncIterable<Uint8Array> {
    yield numbered(1);
    while (slow.batches.length === 0) await new Promise((resolve) => setImmediate(resolve));
    yield numbered(2);
  }
  await upload(trickle(), { fake: slow, config: { max_batch_delay: 10 } });
  assert.deepEqual(
    slow.batches.map(({ lines }) => lines.length),
    [1, 1],
  );
});

test('empty lines between entries and the last one’s missing line are passed over', async () => {
  const body = Buffer.concat([
    Buffer.from('\n\n'),
    numbered(1),
    Buffer.from('\n'),
    numbered(2),
    Buffer.from('\n\n\n'),
    numbered(3).subarray(0, -1),
  ]);
  for (const pieceBytes of [1, 4, 1000]) {
    const { fake } = await upload(cut(body, pieceBytes));
    assert.deepEqual(
      fake.lines().map((line) => line.message),
      ['entry 1', 'entry 2', 'entry 3'],
    );
  }
  const { fake, reply } = await upload(cut(Buffer.from('\n'), 1));
  assert.deepEqual([fake.batches.length, reply.status], [0, 200]);
});

test('an entry that is too large is quarantined, and not held', async () => {
  const large: readonly Buffer[] = [
    entry(['MESSAGE', 'x'.repeat(9000)], ['MORE', 'y']),
    entry(['COREDUMP', Buffer.alloc(9000, 0x0a)], ['MORE', 'y']),
    entry(['A', 'z'.repeat(3000)], ['B', 'z'.repeat(3000)]),
  ];
  for (const bytes of large) {
    for (const pieceBytes of [1, 50, 100_000]) {
      const fake = createFakeIntake({ ingest: { max_record_bytes: 4000 } });
      await upload(cut(Buffer.concat([numbered(1), bytes, numbered(2)]), pieceBytes), { fake });
      assert.deepEqual(
        fake.lines().map((line) => line.message),
        ['entry 1', 'entry 2'],
      );
      assert.deepEqual(
        fake.batches.flatMap(({ quarantined }) => quarantined.map(({ code }) => code)),
        ['record_too_large'],
      );
    }
  }
});

describe('what is refused', () => {
  const binary = entry(['MESSAGE', 'a\nb']);
  const notEnded = Buffer.from(binary);
  notEnded[binary.length - 2] = 0x78;
  const table: [what: string, body: Buffer][] = [
    ['a field cut short', numbered(1).subarray(0, -3)],
    ['a length cut short', Buffer.from('MESSAGE\n\x01\0\0')],
    ['a value cut short', binary.subarray(0, -3)],
    ['a value without its line feed', notEnded],
    ['a length that is none', Buffer.from(`MESSAGE\n${'\xff'.repeat(8)}`, 'latin1')],
    ['a name without end', Buffer.from('x'.repeat(1000))],
    ['a name that is too long', Buffer.from(`${'x'.repeat(1000)}\n`)],
  ];
  for (const [what, bytes] of table) {
    test(what, async () => {
      for (const pieceBytes of [1, 1000]) {
        const fake = createFakeIntake();
        await assert.rejects(upload(cut(Buffer.concat([numbered(1), bytes]), pieceBytes), { fake, config: { max_batch_records: 1 } }), {
          code: 'malformed_body',
        });
        // what was complete before is written: the sender comes again, and it is recognised by its id
        assert.deepEqual(
          fake.lines().map((line) => line.message),
          ['entry 1'],
        );
      }
    });
  }

  test('another content type', async () => {
    await assert.rejects(upload(cut(numbered(1), 10), { headers: { 'content-type': 'text/plain' } }), { code: 'unsupported_content_type' });
  });

  test('everything, while the log stays full', async () => {
    const fake = createFakeIntake();
    fake.submitError = new AppError('log_full', 'full', { retryAfterMs: 5 });
    await assert.rejects(upload(cut(numbered(1), 10), { fake, config: { pressure_wait: 12 } }), { code: 'log_full' });
    assert.ok((fake.counts.get('journald batches_delayed') ?? 0) > 0);
  });

  test('errors are told in plain text', () => {
    const [{ renderError }] = createJournaldReceiver(createFakeIntake().context, defaultsOf(journaldConfig)).routes;
    const reply = renderError?.(new AppError('log_full', 'the log is full'), 429, fakeRequest('POST', '/upload'));
    assert.deepEqual([reply?.status, reply?.body], [429, 'the log is full\n']);
  });
});

test('whatever comes, in whatever pieces: the same lines, or a clear error', async () => {
  const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  );
  const entries = fc.array(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
  const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 });
  const outcome = async (body: Buffer, pieceBytes: number, ingest: Partial<IngestConfig>): Promise<unknown> => {
    const fake = createFakeIntake({ ingest });
    try {
      await upload(cut(body, pieceBytes), { fake });
      return [fake.lines().map(summary), fake.batches.flatMap(({ quarantined }) => quarantined.map(({ code }) => code))];
    } catch (thrown) {
      assert.ok(thrown instanceof AppError, String(thrown));
      return thrown.code;
    }
  };
  await fc.assert(
    fc.asyncProperty(entries, mutations, fc.integer({ min: 1, max: 40 }), async (found, changes, pieceBytes) => {
      const body = Buffer.concat(found.map((fields) => entry(...fields)));
      for (const [at, byte] of changes) body[at % body.length] = byte;
      const whole = await outcome(body, body.length, {});
      assert.deepEqual(await outcome(body, pieceBytes, {}), whole);
      if (changes.length === 0) assert.equal((whole as [unknown[]])[0].length, found.length);
    }),
    { numRuns: 300 },
  );
});
