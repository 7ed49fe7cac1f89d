import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogLine } from '#model/log-line.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import type { FakeIntake } from '#receivers/intake.fake.ts';
import { DatadogDecoder } from './decode.ts';

interface Decoded {
  readonly lines: readonly LogLine[];
  readonly quarantined: FakeIntake['batches'][number]['quarantined'];
}

async function decode(body: string, fake = createFakeIntake()): Promise<Decoded> {
  const decoder = new DatadogDecoder(fake.context.ingestConfig);
  const batch = fake.intake.open({ tenant: 'default', receiver: 'datadog', sender: 'test', content: 'text', format: 'json' });
  decoder.decode(new TextEncoder().encode(body), batch);
  await fake.intake.submit(batch);
  return { lines: fake.lines(), quarantined: fake.batches[0].quarantined };
}

const messages = ({ lines }: Decoded): string[] => lines.map(({ message }) => message);
const attributesOf = ({ attributes: { names, values } }: LogLine): Record<string, string> =>
  Object.fromEntries(names.map((name, i) => [name, values[i]]));

describe('bodies', () => {
  const table: readonly (readonly [name: string, body: string, messages: readonly string[]])[] = [
    ['an array', '[{"message":"a"},{"message":"b"}]', ['a', 'b']],
    ['an array with blanks', ' [ {"message":"a"} , {"message":"b"} ] \n', ['a', 'b']],
    ['an empty array', '[]', []],
    ['an object', '{"message":"a"}', ['a']],
    ['an object over several lines', '{\n "message":\n "a"\n}\n', ['a']],
    ['a line each', '{"message":"a"}\n{"message":"b"}\r\n\n', ['a', 'b']],
    ['one behind the other', '{"message":"a"}{"message":"b"}', ['a', 'b']],
    ['the question of the agent', '{}', []],
    ['the same in an array', '[{},{ }]', []],
    ['nothing', '', []],
  ];
  for (const [name, body, expected] of table) {
    test(name, async () => {
      const decoded = await decode(body);
      assert.deepEqual(messages(decoded), expected);
      assert.deepEqual(decoded.quarantined, []);
    });
  }

  for (const body of [
    '[{"message":"a"}',
    '[{"message":"a"},]',
    '[{"message":"a"}]x',
    '{"message"',
    'message',
    '"a"',
    '[{"a":1} {"b":2}]',
  ]) {
    test(`refused whole: ${body}`, async () => {
      const fake = createFakeIntake();
      await assert.rejects(decode(body, fake), { code: 'malformed_body' });
      assert.deepEqual(messages(await decode('{"message":"next"}', fake)), ['next']);
    });
  }

  test('too many records', async () => {
    const fake = createFakeIntake({ ingest: { max_records: 2 } });
    await assert.rejects(decode('[{"a":1},{"a":1},{"a":1}]', fake), { code: 'too_many_records' });
  });
});

describe('records that fail alone', () => {
  const table: readonly (readonly [record: string, code: string])[] = [
    ['"a text"', 'not_an_object'],
    ['[1]', 'not_an_object'],
    ['{"message":"a","timestamp":"yesterday"}', 'invalid_timestamp'],
    [`{"message":"${'x'.repeat(5000)}"}`, 'record_too_large'],
  ];
  for (const [record, code] of table) {
    test(`${code}: ${record.slice(0, 40)}`, async () => {
      const decoded = await decode(
        `[{"message":"before"},${record},{"message":"behind"}]`,
        createFakeIntake({ ingest: { max_record_bytes: 4096 } }),
      );
      assert.deepEqual(messages(decoded), ['before', 'behind']);
      assert.deepEqual(
        decoded.quarantined.map(({ index, code: told, text }) => [index, told, text]),
        [[1, code, record.slice(0, 1024)]],
      );
    });
  }

  test('a line that is no JSON', async () => {
    const decoded = await decode('{"message":"a"}\n{"message":\n{"message":"b"}\n[1]\n{"message":"c"}');
    assert.deepEqual(messages(decoded), ['a', 'b', 'c']);
    assert.deepEqual(
      decoded.quarantined.map(({ text }) => text),
      ['{"message":', '[1]'],
    );
  });
});

test('reserved attributes', async () => {
  const record = {
    message: 'card declined',
    status: 'warning',
    hostname: 'i-0123',
    service: 'shop',
    ddsource: 'nodejs',
    ddtags: 'env:prod, version:1.2.3,service:from-tags,team:payments',
    timestamp: 1_752_575_025_123,
    dd: { trace_id: '123', span_id: '456' },
  };
  const [line] = (await decode(JSON.stringify([record]))).lines;
  assert.deepEqual(
    [line.message, line.level, line.host, line.service, line.environment, line.tsNs, line.traceId, line.spanId],
    ['card declined', 13, 'i-0123', 'shop', 'prod', 1_752_575_025_123_000_000n, '123', '456'],
  );
  assert.deepEqual(line.tags, ['env:prod', 'version:1.2.3', 'service:from-tags', 'team:payments']);
  assert.deepEqual(attributesOf(line), { ddsource: 'nodejs', version: '1.2.3' });
});

describe('tags', () => {
  const table: readonly (readonly [members: object, tags: readonly string[], fields: readonly string[]])[] = [
    [{ ddtags: 'service:a,env:b' }, ['service:a', 'env:b'], ['a', 'b', '']],
    [{ ddtags: 'env:b', env: 'own' }, ['env:b'], ['', 'own', '']],
    [{ ddtags: 'version:1', version: '2' }, ['version:1'], ['', '', '2']],
    [{ ddtags: 'env:,service,:x,,' }, ['env:', 'service', ':x'], ['', '', '']],
    [{ ddtags: ['a', 'env:b'] }, ['a', 'env:b'], ['', '', '']],
    [{ ddtags: '' }, [], ['', '', '']],
    [{ tags: ['x'] }, ['x'], ['', '', '']],
  ];
  for (const [members, tags, fields] of table) {
    test(JSON.stringify(members), async () => {
      const { lines } = await decode(
        JSON.stringify([{ message: 'before', ddtags: 'p,q' }, { message: 'a', ...members }, { message: 'behind' }]),
      );
      assert.deepEqual(lines[1].tags, tags);
      assert.deepEqual([lines[1].service, lines[1].environment, attributesOf(lines[1])['version'] ?? ''], fields);
      assert.deepEqual([lines[0].tags, lines[2].tags], [['p', 'q'], []]);
    });
  }
});
