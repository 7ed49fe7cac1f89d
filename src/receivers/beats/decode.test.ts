import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { LogLine } from '#model/log-line.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import type { SubmittedBatch } from '#receivers/intake.fake.ts';
import { LumberjackDecoder, namesLevel } from './decode.ts';
import { countEvents, frameEnd } from './frames.ts';
import { GatheredEvents } from './gathered-events.ts';
import { compressedFrame, dataFrame, jsonFrame, windowFrame } from './lumberjack-client.test-support.ts';

const bounds = { maxBytes: 1 << 20, setting: 'receivers.beats.max_frame_bytes' };
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function gathered(...segments: Uint8Array[]): GatheredEvents {
  const events = new GatheredEvents();
  for (const bytes of segments) events.add(bytes, countEvents(viewOf(bytes), bytes.length, bounds));
  return events;
}

async function decoded(events: GatheredEvents, ingest: Partial<IngestConfig> = {}): Promise<SubmittedBatch & { sequence: number }> {
  const fake = createFakeIntake({ ingest });
  const decoder = new LumberjackDecoder(fake.context.ingestConfig);
  const batch = fake.intake.open({ tenant: 'default', receiver: 'beats', sender: 'test', content: 'text', format: 'json' });
  const sequence = decoder.decode(events, batch, 1000);
  await fake.intake.submit(batch);
  return { ...fake.batches[0], sequence };
}

/** The fields of a line that say something; attributes by name. */
function summary({ tsNs, level, service, host, message, traceId, tags, attributes }: LogLine): Record<string, unknown> {
  const named = Object.fromEntries(attributes.names.map((name, i) => [name, attributes.values[i]]));
  const fields = { time: new Date(Number(tsNs / 1_000_000n)).toISOString(), level, service, host, message, traceId, tags: tags.join() };
  const filled = Object.entries(fields).filter(([, value]) => value !== '' && value !== 0 && value !== '2026-06-01T12:00:00.000Z');
  return { ...Object.fromEntries(filled), ...named };
}

describe('events', () => {
  const table: [what: string, frame: Buffer, expected: Record<string, unknown>][] = [
    [
      'Filebeat',
      jsonFrame(1, {
        '@timestamp': '2025-06-15T15:06:40.123Z',
        '@metadata': { beat: 'filebeat', type: '_doc', version: '9.1.0', raw: [1, { a: 2 }] },
        log: { offset: 5, file: { path: '/var/log/app.log' } },
        message: 'hello',
        host: { name: 'web-1', os: { type: 'linux' } },
        agent: { type: 'filebeat', version: '9.1.0' },
        ecs: { version: '8.0.0' },
        tags: ['edge'],
      }),
      {
        time: '2025-06-15T15:06:40.123Z',
        host: 'web-1',
        message: 'hello',
        tags: 'edge',
        'log.offset': '5',
        'log.file.path': '/var/log/app.log',
        'host.os.type': 'linux',
        'agent.type': 'filebeat',
        'agent.version': '9.1.0',
        'ecs.version': '8.0.0',
      },
    ],
    [
      'structured, with names of ECS',
      jsonFrame(1, {
        'log.level': 'error',
        message: 'm',
        service: { name: 's' },
        trace: { id: 'abc' },
        '@metadata': 'text',
        '@version': '1',
      }),
      { level: 17, service: 's', message: 'm', traceId: 'abc', '@version': '1' },
    ],
    [
      'the service from the container',
      jsonFrame(1, { message: 'm', kubernetes: { container: { name: 'c' }, pod: { name: 'p' } } }),
      { service: 'c', message: 'm', 'kubernetes.container.name': 'c', 'kubernetes.pod.name': 'p' },
    ],
    [
      'the best name of the service, whatever the order',
      jsonFrame(1, { container: { name: 'c' }, event: { module: 'nginx' }, fields: { service: 'shop' } }),
      { service: 'shop', 'container.name': 'c', 'event.module': 'nginx', 'fields.service': 'shop' },
    ],
    ['its own service before all', jsonFrame(1, { fields: { service: 'a' }, service: 'b' }), { service: 'b', 'fields.service': 'a' }],
    [
      'bytes that are no text',
      jsonFrame(1, Buffer.from([...Buffer.from('{"message":"a'), 0xff, ...Buffer.from('b"}')])),
      { message: 'a\ufffdb' },
    ],
    [
      'version 1',
      dataFrame(1, [
        ['line', 'hello'],
        ['host', 'web-1'],
        ['file', '/var/log/app.log'],
        ['odd', Buffer.of(0xff)],
      ]),
      { host: 'web-1', message: 'hello', file: '/var/log/app.log', odd: '\ufffd' },
    ],
    ['version 1 without members', dataFrame(1, []), {}],
  ];
  for (const [what, frame, expected] of table) {
    test(what, async () => {
      const { lines, quarantined } = await decoded(gathered(frame));
      assert.deepEqual(quarantined, []);
      assert.deepEqual(summary(lines[0]), expected);
    });
  }

  test('the fallback of the service holds for each record by itself', async () => {
    const frames = [
      { container: { name: 'a' } },
      { message: 'none' },
      { container: { name: 'b' } },
      { service: 'own', container: { name: 'c' } },
    ];
    const { lines } = await decoded(gathered(Buffer.concat(frames.map((frame, i) => jsonFrame(i + 1, frame)))));
    assert.deepEqual(
      lines.map((line) => line.service),
      ['a', '', 'b', 'own'],
    );
  });
});

describe('what cannot be taken, beside what can', () => {
  const deep = `${'{"a":'.repeat(20)}1${'}'.repeat(20)}`;
  const table: [what: string, frame: Buffer, code: string][] = [
    ['no JSON', jsonFrame(2, Buffer.from('{"a":')), 'malformed_record'],
    ['JSON and more', jsonFrame(2, Buffer.from('{"a":1} x')), 'malformed_record'],
    ['nothing', jsonFrame(2, Buffer.alloc(0)), 'malformed_record'],
    ['an array', jsonFrame(2, [1]), 'not_an_object'],
    ['a bad time', jsonFrame(2, { '@timestamp': 'yesterday' }), 'invalid_timestamp'],
    ['too deep', jsonFrame(2, Buffer.from(deep)), 'nesting_too_deep'],
    ['too large', jsonFrame(2, { message: 'x'.repeat(5000) }), 'record_too_large'],
    ['too large, in version 1', dataFrame(2, [['line', 'x'.repeat(5000)]]), 'record_too_large'],
  ];
  for (const [what, frame, code] of table) {
    test(what, async () => {
      const events = gathered(jsonFrame(1, { message: 'a' }), frame, jsonFrame(3, { message: 'b' }));
      const { lines, quarantined, sequence } = await decoded(events, { max_nesting: 10, max_record_bytes: 4000 });
      assert.equal(sequence, 3);
      assert.deepEqual(
        lines.map((line) => line.message),
        ['a', 'b'],
      );
      assert.deepEqual(
        quarantined.map(({ index, code: found }) => [index, found]),
        [[1, code]],
      );
    });
  }
});

test('whether the first event names a level', () => {
  const table: [frame: Buffer, expected: boolean][] = [
    [jsonFrame(1, { log: { level: 'info' }, message: 'm' }), true],
    [jsonFrame(1, { 'log.level': 'info' }), true],
    [jsonFrame(1, { message: '{"level":"info"}' }), false],
    [dataFrame(1, [['level', 'info']]), false],
  ];
  for (const [frame, expected] of table) {
    const events = gathered(frame);
    assert.deepEqual([namesLevel(events), events.count], [expected, 1]);
  }
});

describe('frames', () => {
  const complete = [
    windowFrame(5),
    windowFrame(5, '1'),
    jsonFrame(1, { a: 1 }),
    compressedFrame(jsonFrame(1, {})),
    dataFrame(1, [
      ['k', 'v'],
      ['', ''],
    ]),
  ];
  test('are found whole, and only then', () => {
    for (const frame of complete) {
      const bytes = Buffer.concat([Buffer.of(1, 2, 3), frame, Buffer.of(0x32)]);
      for (let end = 3; end < 3 + frame.length; end++) assert.equal(frameEnd(viewOf(bytes), 3, end, bounds), -1);
      assert.equal(frameEnd(viewOf(bytes), 3, bytes.length, bounds), 3 + frame.length);
    }
  });

  const refused: [what: string, bytes: Buffer, code: string][] = [
    ['another version', Buffer.from('3W\0\0\0\x01'), 'malformed_body'],
    ['HTTP', Buffer.from('GET / HTTP/1.1'), 'malformed_body'],
    ['another type', Buffer.from('2A\0\0\0\x01'), 'malformed_body'],
    ['a huge frame, by its length alone', Buffer.from('2J\0\0\0\x01\xff\xff\xff\xff', 'latin1'), 'body_too_large'],
    ['a huge value', Buffer.from('1D\0\0\0\x01\0\0\0\x01\xff\xff\xff\xff', 'latin1'), 'body_too_large'],
    ['a million members', Buffer.from('1D\0\0\0\x01\0\x0f\xff\xff', 'latin1'), 'malformed_body'],
  ];
  for (const [what, bytes, code] of refused)
    test(what, () => assert.throws(() => frameEnd(viewOf(bytes), 0, bytes.length, bounds), { code }));

  const inside: [what: string, bytes: Buffer][] = [
    ['a compressed frame', compressedFrame(jsonFrame(1, {}))],
    ['a window', windowFrame(1)],
    ['a frame cut short', jsonFrame(1, { a: 1 }).subarray(0, -1)],
  ];
  for (const [what, bytes] of inside) {
    test(`${what} within a compressed frame`, () => {
      assert.throws(() => countEvents(viewOf(bytes), bytes.length, bounds), { code: 'malformed_body' });
    });
  }
});

test('whatever comes: every event is a line or quarantined, or a clear error', async () => {
  const payload = fc.oneof(
    fc.json().map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  );
  const pairs = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 5 });
  const frame = fc.oneof(
    payload.map((bytes) => jsonFrame(7, bytes)),
    pairs.map((found) => dataFrame(7, found)),
  );
  const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), mutations, async (frames, changes) => {
      const bytes = Buffer.concat(frames);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      try {
        const events = gathered(bytes);
        const { count } = events;
        const { lines, quarantined } = await decoded(events);
        assert.equal(lines.length + quarantined.length, count);
        if (changes.length === 0) assert.equal(count, frames.length);
      } catch (thrown) {
        assert.ok(thrown instanceof AppError && changes.length > 0, String(thrown));
      }
    }),
    { numRuns: 500 },
  );
});
