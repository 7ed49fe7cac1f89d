import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { LogLine } from '#model/log-line.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import type { SubmittedBatch } from '#receivers/intake.fake.ts';
import { ForwardDecoder } from './decode.ts';
import { MessageParser, namesLevel } from './entries.ts';
import { MalformedMessagePack } from './msgpack-reader.ts';
import { Extension, Packed, eventTime, pack } from './msgpack-writer.test-support.ts';

const bounds = { maxBytes: 1 << 20, setting: 'receivers.forward.max_message_bytes' };
const seconds = 1_750_000_000;
const parser = new MessageParser(bounds);

function parsed(bytes: Uint8Array) {
  const plain = new Uint8Array(bytes);
  return parser.parse(plain, new DataView(plain.buffer), 0, plain.length);
}

/** What becomes of a message; `parts` of so many records each. */
async function decoded(bytes: Uint8Array, ingest: Partial<IngestConfig> = {}, maxRecords = 1000): Promise<SubmittedBatch[]> {
  const fake = createFakeIntake({ ingest });
  const source = { tenant: 'default', receiver: 'forward', sender: 'test', content: 'text', format: 'binary' } as const;
  const decoder = new ForwardDecoder(fake.context.ingestConfig, fake.intake.open(source).writer);
  const message = parsed(bytes);
  while (message !== undefined && message.refusal === undefined && message.left > 0) {
    const batch = fake.intake.open(source);
    decoder.decode(message, batch, maxRecords);
    await fake.intake.submit(batch);
  }
  return fake.batches;
}

async function linesOf(bytes: Uint8Array): Promise<readonly LogLine[]> {
  const batches = await decoded(bytes);
  assert.deepEqual(
    batches.flatMap(({ quarantined }) => quarantined),
    [],
  );
  return batches.flatMap(({ lines }) => lines);
}

/** The fields of a line that say something; attributes as `kind value`. */
function summary(line: LogLine): Record<string, unknown> {
  const { tsNs, level, service, host, message, traceId, tags, resource, attributes } = line;
  const named = Object.fromEntries(attributes.names.map((name, i) => [name, `${attributes.kinds[i]} ${attributes.values[i]}`]));
  delete named['fluent.tag'];
  const all = { tsNs: tsNs === BigInt(seconds) * 1_000_000_000n ? '' : tsNs, level, service, host, message, traceId };
  const filled = Object.entries(all).filter(([, value]) => value !== '' && value !== 0);
  return {
    ...Object.fromEntries(filled),
    ...(tags.length > 0 ? { tags } : {}),
    ...(Object.keys(resource).length > 0 ? { resource } : {}),
    ...named,
  };
}

const entry = (record: unknown, nanos = 0) => [eventTime(seconds, nanos), record];

describe('records', () => {
  const table: [what: string, record: unknown, expected: Record<string, unknown>, tag?: string][] = [
    ['a line', { log: 'hello' }, { service: 'web', message: 'hello' }],
    ['binary text of old senders', { log: Buffer.from('hé') }, { service: 'web', message: 'hé' }],
    ['bytes that are no text', { log: Buffer.of(0x61, 0xff, 0x62) }, { service: 'web', message: 'a\ufffdb' }],
    ['an empty record', {}, { service: 'web' }],
    [
      'fields under their names',
      { message: 'm', level: 'warn', service: 's', host: 'h', trace_id: 't' },
      { message: 'm', level: 13, service: 's', host: 'h', traceId: 't' },
    ],
    [
      'values of every type',
      {
        i: -7,
        big: 2n ** 64n - 1n,
        small: -(2n ** 63n),
        f: 1.5,
        nan: Number.NaN,
        yes: true,
        none: null,
        bytes: new Extension(5, Buffer.of(1, 0xab)),
      },
      {
        service: 'web',
        i: 'n -7',
        big: 'n 18446744073709551615',
        small: 'n -9223372036854775808',
        f: 'n 1.5',
        nan: 's NaN',
        yes: 'b true',
        none: 'z null',
        bytes: 's 01ab',
      },
    ],
    [
      'nested maps and arrays',
      { a: { b: { c: 'x' }, d: 1 }, list: [1, 'two', { three: [null, true] }], empty: {}, nothing: [] },
      { service: 'web', 'a.b.c': 's x', 'a.d': 'n 1', list: 'j [1,"two",{"three":[null,true]}]', empty: 'j {}', nothing: 'j []' },
    ],
    ['metadata is only a wrapping', { message: 'm', metadata: { user: 'u' } }, { service: 'web', message: 'm', user: 's u' }],
    ['nested names are spellings too', { log: { level: 'error' }, host: { name: 'n' } }, { service: 'web', level: 17, host: 'n' }],
    ['tags as a list and as a text', { tags: ['a', 'b'] }, { service: 'web', tags: ['a', 'b'] }],
    ['tags as a text', { tags: 'a' }, { service: 'web', tags: ['a'] }],
    ['tags that are no texts', { tags: ['a', 1] }, { service: 'web', tags: 'j ["a",1]' }],
    ['a second value of a field', { message: 'm', log: 'l' }, { service: 'web', message: 'm', log: 's l' }],
    ['a key twice', new Map([['k', 1]]), { service: 'web', k: 'n 1' }],
    ['a key that is a number', new Map([[7, 'x']]), { service: 'web', 7: 's x' }],
    ['a key with bytes that are no text', new Map([[Buffer.of(0xff), 'x']]), { service: 'web', '\ufffd': 's x' }],
    ['the entry’s time goes before the record’s', { time: '2001-01-01T00:00:00Z' }, { service: 'web', time: 's 2001-01-01T00:00:00Z' }],
    [
      'Kubernetes',
      { log: 'l', stream: 'stderr', kubernetes: { pod_name: 'p-1', container_name: 'c', host: 'node', labels: { team: 't' } } },
      {
        service: 'c',
        host: 'node',
        message: 'l',
        stream: 's stderr',
        'kubernetes.pod_name': 's p-1',
        'kubernetes.container_name': 's c',
        'kubernetes.labels.team': 's t',
      },
    ],
    [
      'the label names the service before the container',
      { kubernetes: { container_name: 'c', labels: { app: 'shop' } } },
      { service: 'shop', 'kubernetes.container_name': 's c', 'kubernetes.labels.app': 's shop' },
    ],
    ['its own service before both', { service: 'own', container_name: '/c' }, { service: 'own', container_name: 's /c' }],
    [
      'Docker’s driver',
      { container_id: 'abc', container_name: '/web-1', source: 'stdout', log: 'l' },
      { service: 'web-1', message: 'l', container_id: 's abc', container_name: 's /web-1', source: 's stdout' },
    ],
    [
      'the journal',
      { MESSAGE: 'started', PRIORITY: '3', _HOSTNAME: 'h', SYSLOG_IDENTIFIER: 'sshd', _SYSTEMD_UNIT: 'ssh.service' },
      { level: 17, service: 'sshd', host: 'h', message: 'started', SYSLOG_IDENTIFIER: 's sshd', _SYSTEMD_UNIT: 's ssh.service' },
    ],
    ['a priority that is none', { PRIORITY: 'x' }, { service: 'web', PRIORITY: 's x' }],
    ['no service in the tag', {}, {}, '123'],
  ];
  for (const [what, record, expected, tag = 'app.web'] of table) {
    test(what, async () => {
      const [line] = await linesOf(pack([tag, eventTime(seconds, 0), record]));
      assert.deepEqual(summary(line), expected);
      assert.equal(line.attributes.values[line.attributes.names.indexOf('fluent.tag')], tag);
    });
  }
});

describe('times', () => {
  const table: [what: string, time: unknown, tsNs: bigint | undefined][] = [
    ['EventTime', eventTime(seconds, 123_456_789), 1_750_000_000_123_456_789n],
    ['EventTime of the last second that fits', eventTime(0xffff_ffff, 999_999_999), 4_294_967_295_999_999_999n],
    ['EventTime as ext 8', new Packed(new Extension(0, eventTime(seconds, 5).data)), 1_750_000_000_000_000_005n],
    ['seconds', seconds, 1_750_000_000_000_000_000n],
    ['seconds as a float', 1_750_000_000.25, 1_750_000_000_250_000_000n],
    ['milliseconds', 1_750_000_000_123, 1_750_000_000_123_000_000n],
    ['with metadata, as Fluent Bit has it', [eventTime(seconds, 0), { source: 'm' }], 1_750_000_000_000_000_000n],
    ['nil', null, undefined],
    ['0', 0, undefined],
  ];
  for (const [what, time, tsNs] of table) {
    test(what, async () => {
      const [line] = await linesOf(pack(['t', [[time, { log: 'x' }]]]));
      // the receive time where there is none
      assert.equal(line.tsNs, tsNs ?? BigInt(line.receivedMs) * 1_000_000n);
    });
  }
});

describe('modes', () => {
  const records = Array.from({ length: 5 }, (_, i) => entry({ log: `line ${i}` }, i));
  const packed = Buffer.concat(records.map(pack));
  const table: [what: string, message: unknown, chunk: string | undefined][] = [
    ['Forward', ['t', records], undefined],
    ['Forward with options', ['t', records, { size: 5, chunk: 'id' }], 'id'],
    ['PackedForward', ['t', packed, { chunk: 'id' }], 'id'],
    ['not compressed, in Fluentd’s words', ['t', packed, { compressed: 'text' }], undefined],
    ['gzip', ['t', gzipSync(packed), { compressed: 'gzip', unknown: [1, { a: 2 }] }], undefined],
    [
      'gzip in several members',
      ['t', Buffer.concat([gzipSync(packed.subarray(0, 40)), gzipSync(packed.subarray(40))]), { compressed: 'gzip' }],
      undefined,
    ],
    ['zstd', ['t', zstdCompressSync(packed), { compressed: 'zstd', chunk: Buffer.from('id') }], 'id'],
    ['options that are nil', ['t', packed, null], undefined],
  ];
  for (const [what, message, chunk] of table) {
    test(what, async () => {
      const bytes = pack(message);
      assert.equal(parsed(bytes)?.chunk, chunk);
      assert.deepEqual(
        (await linesOf(bytes)).map((line) => line.message),
        ['line 0', 'line 1', 'line 2', 'line 3', 'line 4'],
      );
    });
  }

  test('PackedForward as text, as old senders have it', async () => {
    const head = Buffer.of(0x92, 0xa1, 0x74, 0xda, packed.length >> 8, packed.length & 0xff);
    assert.equal((await linesOf(Buffer.concat([head, packed]))).length, 5);
  });

  test('a chunk may be taken in parts', async () => {
    for (const message of [
      ['t', records],
      ['t', packed],
    ]) {
      const parts = await decoded(pack(message), {}, 2);
      assert.deepEqual(
        parts.map(({ lines }) => lines.map((line) => line.message)),
        [['line 0', 'line 1'], ['line 2', 'line 3'], ['line 4']],
      );
    }
  });

  test('what is not as compressed as it says is refused whole', () => {
    assert.match(parsed(pack(['t', Buffer.from('no gzip'), { compressed: 'gzip' }]))?.refusal ?? '', /not valid gzip/);
  });

  test('nil is a heartbeat', () => assert.equal(parsed(pack(null)), undefined));

  const structured: [record: unknown, expected: boolean][] = [
    [{ log: 'l' }, false],
    [{ log: 'l', kubernetes: { level: 'x' } }, false],
    [{ message: 'm', other: [1], severity: 'x' }, true],
    ['no record', false],
  ];
  test('whether the first record names a level', () => {
    for (const [record, expected] of structured) {
      for (const message of [
        ['t', 1, record],
        ['t', [entry(record)]],
        ['t', pack(entry(record))],
      ]) {
        const found = parsed(pack(message));
        assert.equal(found === undefined ? undefined : namesLevel(found), expected);
      }
    }
  });
});

describe('what cannot be taken', () => {
  const messages: [what: string, message: unknown][] = [
    ['a number', 5],
    ['a map', { a: 1 }],
    ['an array of one', ['t']],
    ['a tag that is no text', [1, 2, {}]],
    ['a time without a record', ['t', 5]],
    ['options that are no map', ['t', [], 7]],
    ['a compression that nobody knows', ['t', Buffer.of(), { compressed: 'lz4' }]],
    ['a bomb', ['t', gzipSync(Buffer.alloc(2 << 20)), { compressed: 'gzip' }]],
  ];
  for (const [what, message] of messages) {
    test(what, () =>
      assert.throws(
        () => parsed(pack(message)),
        (thrown) => thrown instanceof MalformedMessagePack || thrown instanceof AppError,
      ),
    );
  }

  const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: deep(depth - 1) });
  const deepList = (depth: number): unknown => (depth === 0 ? 1 : [deepList(depth - 1)]);
  const records: [what: string, entry: unknown, code: string][] = [
    ['a record that is no map', entry('text'), 'not_an_object'],
    ['a time that is a text', ['now', {}], 'invalid_timestamp'],
    ['a time before 1970', [-5, {}], 'invalid_timestamp'],
    ['a time after 2262', [2n ** 63n, {}], 'invalid_timestamp'],
    ['maps in maps', entry(deep(20)), 'nesting_too_deep'],
    ['lists in lists', entry({ a: deepList(20) }), 'nesting_too_deep'],
    ['a huge record', entry({ log: 'x'.repeat(5000) }), 'record_too_large'],
    ['a map as a key', entry(new Map([[{ a: 1 }, 2]])), 'malformed_record'],
    ['an own timestamp that nobody can read', [null, { time: 'yesterday' }], 'invalid_timestamp'],
  ];
  for (const [what, bad, code] of records) {
    test(`${what}: its neighbours are taken`, async () => {
      for (const message of [
        ['t', [entry({ log: 'a' }), bad, entry({ log: 'b' })]],
        ['t', Buffer.concat([entry({ log: 'a' }), bad, entry({ log: 'b' })].map(pack))],
      ]) {
        const [batch] = await decoded(pack(message), { max_nesting: 10, max_record_bytes: 4000 });
        assert.deepEqual(
          batch.lines.map((line) => line.message),
          ['a', 'b'],
        );
        assert.deepEqual(
          batch.quarantined.map((record) => [record.index, record.code, record.length]),
          [[1, code, pack(bad).length]],
        );
      }
    });
  }

  test('broken entries end their message, and what is before them is taken', async () => {
    const packed = Buffer.concat([pack(entry({ log: 'a' })), Buffer.of(0xc1), pack(entry({ log: 'b' }))]);
    const [batch] = await decoded(pack(['t', packed]));
    assert.deepEqual(
      batch.lines.map((line) => line.message),
      ['a'],
    );
    assert.deepEqual(
      batch.quarantined.map(({ code, length }) => [code, length]),
      [['malformed_record', packed.length - pack(entry({ log: 'a' })).length]],
    );
  });

  test('long names do not multiply in nested maps', async () => {
    const long = { ['n'.repeat(100_000)]: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 1])) };
    const [batch] = await decoded(pack(['t', [entry(long), entry({ log: 'b' })]]));
    assert.deepEqual([batch.lines.length, batch.quarantined[0].code], [1, 'record_too_large']);
  });
});

test('whatever comes: a batch, or a clear error', async () => {
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 8 }), tie('node'), { maxKeys: 5 }),
    ),
  })).node;
  const messages = fc.oneof(
    value.map((record) => ['t', 5, record]),
    fc.array(value, { maxLength: 4 }).map((records) => ['t', records.map((record) => entry(record))]),
    fc.array(value, { maxLength: 4 }).map((records) => ['t', Buffer.concat(records.map((record) => pack(entry(record)))), { chunk: 'c' }]),
    value,
  );
  const mutation = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.option(fc.nat(), { freq: 4 }) });
  await fc.assert(
    fc.asyncProperty(messages, fc.array(mutation, { maxLength: 4 }), async (message, mutations) => {
      let bytes = Buffer.from(pack(message));
      for (const { at, byte, cut } of mutations) {
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        if (cut !== null) bytes = bytes.subarray(0, cut % (bytes.length + 1));
      }
      try {
        const batches = await decoded(bytes);
        const records = batches.flatMap(({ lines, quarantined }) => [...lines, ...quarantined]);
        if (mutations.length === 0 && Array.isArray(message) && Array.isArray(message[1])) assert.equal(records.length, message[1].length);
      } catch (thrown) {
        assert.ok(thrown instanceof MalformedMessagePack || thrown instanceof AppError, String(thrown));
      }
    }),
    { numRuns: 2000 },
  );
});
