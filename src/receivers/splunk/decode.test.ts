import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogLine } from '#model/log-line.ts';
import { createFakeIntake, fakeReceivedMs } from '#receivers/intake.fake.ts';
import type { FakeIntake } from '#receivers/intake.fake.ts';
import { HecDecoder } from './decode.ts';
import type { EventFailure, RequestMetadata } from './decode.ts';

interface Decoded {
  readonly failure: EventFailure | undefined;
  readonly lines: readonly LogLine[];
  readonly quarantined: FakeIntake['batches'][number]['quarantined'];
}

async function decode(
  body: string,
  request: RequestMetadata = {},
  kind: 'events' | 'raw' = 'events',
  fake = createFakeIntake(),
): Promise<Decoded> {
  const decoder = new HecDecoder(fake.context.ingestConfig);
  const batch = fake.intake.open({ tenant: 'default', receiver: 'splunk', sender: 'test', content: 'records', format: 'json' });
  const bytes = new TextEncoder().encode(body);
  const failure = kind === 'raw' ? decoder.decodeRaw(bytes, request, batch) : decoder.decodeEvents(bytes, request, batch);
  await fake.intake.submit(batch);
  return { failure, lines: fake.lines(), quarantined: fake.batches[0].quarantined };
}

const attributesOf = ({ attributes: { names, values } }: LogLine): Record<string, string> =>
  Object.fromEntries(names.map((name, i) => [name, values[i]]));

describe('how events follow one another', () => {
  const table: readonly (readonly [name: string, body: string])[] = [
    ['concatenated', '{"event":"a"}{"event":"b"}'],
    ['a line each', '{"event":"a"}\n{"event":"b"}\n'],
    ['with blanks', ' { "event" : "a" } \r\n\r\n\t{"event":"b"} '],
    ['over several lines', '{\n  "event": "a"\n}\n{\n  "event": "b"\n}'],
    ['with a byte order mark', '\ufeff{"event":"a"}{"event":"b"}'],
  ];
  for (const [name, body] of table) {
    test(name, async () => {
      const { lines, failure } = await decode(body);
      assert.deepEqual(
        lines.map(({ message }) => message),
        ['a', 'b'],
      );
      assert.equal(failure, undefined);
    });
  }
});

describe('events', () => {
  const table: readonly (readonly [event: string, message: string])[] = [
    ['"plain"', 'plain'],
    ['"with \\"escapes\\" and \\u00e9\\n"', 'with "escapes" and é\n'],
    ['42', '42'],
    ['true', 'true'],
    ['["a",1]', '["a",1]'],
    ['{"message":"inside"}', 'inside'],
    ['{"line":"from docker","source":"stdout","tag":"4f1c"}', 'from docker'],
    ['{"line":{"a":1},"source":"stdout"}', '{"a":1}'],
    ['{"line":42,"message":"of code"}', 'of code'],
    ['{"message":"of code","line":"42"}', 'of code'],
  ];
  for (const [event, message] of table) {
    test(event, async () => assert.equal((await decode(`{"event":${event}}`)).lines[0].message, message));
  }

  test('members of an object are fields and attributes', async () => {
    const event = { message: 'paid', severity: 'ERROR', service: 'shop', trace_id: 'abc', user: { id: 7 } };
    const [line] = (await decode(JSON.stringify({ event }))).lines;
    assert.deepEqual([line.message, line.level, line.service, line.traceId], ['paid', 17, 'shop', 'abc']);
    assert.deepEqual(attributesOf(line), { 'user.id': '7' });
  });

  test('a key twice in the event does not disturb its envelope', async () => {
    const [line] = (await decode('{"event":{"message":"a","k":1,"k":2,"long":"xxxxxxxxxxxxxxxxxxxx"},"host":"h","source":"s"}')).lines;
    assert.deepEqual([line.message, line.host, line.service], ['a', 'h', 's']);
    assert.equal(attributesOf(line)['k'], '2');
  });
});

describe('the envelope', () => {
  const times: readonly (readonly [time: string, tsNs: bigint])[] = [
    ['1752575025', 1_752_575_025_000_000_000n],
    ['1752575025.253', 1_752_575_025_253_000_000n],
    ['"1752575025.253"', 1_752_575_025_253_000_000n],
    ['"1752575025.123456789"', 1_752_575_025_123_456_789n],
    ['1752575025253', 1_752_575_025_253_000_000n],
    ['null', BigInt(fakeReceivedMs) * 1_000_000n],
  ];
  for (const [time, tsNs] of times) {
    test(`time ${time}`, async () => {
      for (const event of ['"a"', '{"message":"a"}']) {
        assert.equal((await decode(`{"time":${time},"event":${event}}`)).lines[0].tsNs, tsNs);
      }
    });
  }

  test('host, source, sourcetype, index, fields', async () => {
    const envelope = {
      host: 'web-1',
      source: 'checkout',
      sourcetype: '_json',
      index: 'main',
      event: 'x',
      fields: { region: 'eu', retries: 3, ok: true, list: ['a', 'b'], 'q"uote': 'v"v', level: 'warn', env: 'prod', none: null },
    };
    const [line] = (await decode(JSON.stringify(envelope))).lines;
    assert.deepEqual([line.host, line.service, line.environment, line.level], ['web-1', 'checkout', 'prod', 13]);
    assert.deepEqual(attributesOf(line), {
      source: 'checkout',
      sourcetype: '_json',
      index: 'main',
      region: 'eu',
      retries: '3',
      ok: 'true',
      list: '["a","b"]',
      'q"uote': 'v"v',
      none: 'null',
    });
    assert.equal(line.attributes.kinds, 'ssssnbjsz');
  });

  test('what the event says of itself stands first', async () => {
    const body =
      '{"time":1752575025,"host":"relay","source":"app","event":{"message":"a","host":"origin","timestamp":"2025-01-01T00:00:00Z","service":"own"}}';
    const [line] = (await decode(body)).lines;
    assert.deepEqual([line.host, line.service, line.tsNs], ['origin', 'own', BigInt(Date.UTC(2025, 0, 1)) * 1_000_000n]);
    assert.deepEqual(attributesOf(line), { time: '1752575025', host: 'relay', source: 'app' });
    const same = (await decode('{"host":"h","event":{"message":"a","host":"h"}}')).lines[0];
    assert.deepEqual([same.host, attributesOf(same)], ['h', {}]);
  });

  const sources: readonly (readonly [source: string, service: string])[] = [
    ['checkout', 'checkout'],
    ['my-app.v2@eu', 'my-app.v2@eu'],
    ['/var/log/app.log', ''],
    ['http:token', ''],
    ['C:\\\\logs', ''],
    ['', ''],
  ];
  for (const [source, service] of sources) {
    test(`source "${source}" → service "${service}"`, async () =>
      assert.equal((await decode(`{"event":"a","source":"${source}"}`)).lines[0].service, service));
  }

  test("the request's parameters stand behind", async () => {
    const { lines } = await decode('{"event":"a","host":"own"}{"event":"b"}', { host: 'asked', source: 'job', index: 'ops' });
    assert.deepEqual(
      lines.map(({ host, service }) => [host, service]),
      [
        ['own', 'job'],
        ['asked', 'job'],
      ],
    );
    assert.equal(attributesOf(lines[0])['index'], 'ops');
  });
});

describe('events that fail alone', () => {
  const table: readonly (readonly [name: string, event: string, code: number, record: string])[] = [
    ['no event', '{"time":1}', 12, 'malformed_record'],
    ['no member at all', '{}', 12, 'malformed_record'],
    ['an event that is null', '{"event":null}', 12, 'malformed_record'],
    ['a blank one', '{"event":""}', 13, 'malformed_record'],
    ['a bad time', '{"event":"a","time":"yesterday"}', 6, 'invalid_timestamp'],
    ['a bad time of an object', '{"event":{"a":1},"time":"yesterday"}', 6, 'invalid_timestamp'],
    ['too large', `{"event":"${'x'.repeat(5000)}"}`, 6, 'record_too_large'],
    ['too deep', `{"event":{"a":${'['.repeat(70)}${']'.repeat(70)}}}`, 6, 'nesting_too_deep'],
  ];
  for (const [name, event, code, record] of table) {
    test(name, async () => {
      const fake = createFakeIntake({ ingest: { max_record_bytes: 4096 } });
      const { lines, failure, quarantined } = await decode(`{"event":"before"}${event}{"event":"behind"}`, {}, 'events', fake);
      assert.deepEqual([failure?.error.code, failure?.index], [code, 1]);
      assert.deepEqual(
        lines.map(({ message }) => message),
        ['before', 'behind'],
      );
      assert.deepEqual([quarantined[0].index, quarantined[0].code, quarantined[0].text], [1, record, event.slice(0, 1024)]);
    });
  }

  for (const rest of ['{"event":"b"', '{"event":"b",}', 'event=b', '[{"event":"b"}]', '{"event":"b"}}']) {
    test(`what is no JSON ends the body: ${rest}`, async () => {
      const { lines, failure, quarantined } = await decode(`{"event":"a"}${rest}`);
      assert.equal(lines[0].message, 'a');
      assert.equal(failure?.error.code, 6);
      assert.equal(failure.index, lines.length);
      assert.ok(rest.endsWith(quarantined[0].text));
    });
  }
});

test('raw: a line each, with what the request says', async () => {
  const { lines } = await decode('first\r\n\n  {"event":"is no JSON here"}\nlast', { host: 'h', source: 'job', sourcetype: 'st' }, 'raw');
  assert.deepEqual(
    lines.map(({ message, host, service }) => [message, host, service]),
    ['first', '  {"event":"is no JSON here"}', 'last'].map((message) => [message, 'h', 'job']),
  );
  assert.deepEqual(attributesOf(lines[0]), { source: 'job', sourcetype: 'st' });
});

test('raw: a line over the bound', async () => {
  const fake = createFakeIntake({ ingest: { max_record_bytes: 1024 } });
  const { lines, failure, quarantined } = await decode(`a\n${'x'.repeat(2000)}\nb`, {}, 'raw', fake);
  assert.equal(lines.length, 2);
  assert.equal(failure?.index, 1);
  assert.equal(quarantined[0].code, 'record_too_large');
});

test('too many events refuse the whole body', async () => {
  const fake = createFakeIntake({ ingest: { max_records: 2 } });
  for (const kind of ['events', 'raw'] as const) {
    await assert.rejects(decode('{"event":"a"}\n'.repeat(3), {}, kind, fake), { code: 'too_many_records' });
  }
  assert.equal((await decode('{"event":"a"}', {}, 'events', fake)).lines.length, 1);
});
