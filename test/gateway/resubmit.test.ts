/** Bad records on their way into the quarantine and back: over real HTTP, down to the frames of the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { decodeQuarantine } from '#ingest/rejected-records.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { receiversConfig } from '#receivers/config.ts';
import { defaultsOf, onFreePorts } from '../support/config-defaults.ts';
import { post, startTestGateway } from './gateway-harness.ts';
import type { TestGateway } from './gateway-harness.ts';
import { resubmit } from './resubmissions.ts';
import type { TestResubmission, TestResult } from './resubmissions.ts';

test('bad records are kept in a frame before their neighbours', async (t) => {
  const { url, writer } = await startTestGateway(t, { quarantine: true });
  const { status, body } = await post(`${url}/v1/logs/ingest`, '{"logs":[{"message":"good"},{"ts":"yesterday"},7]}');
  assert.deepEqual([status, body.ingested, body.failed], [202, 1, 2]);
  const [rejected, taken] = writer.frames;
  assert.deepEqual([rejected.header.kind, taken.header.kind], [frameKinds.quarantine, frameKinds.logs]);
  assert.deepEqual([rejected.header.outcomes.quarantined, taken.header.outcomes.accepted, taken.header.outcomes.quarantined], [2, 1, 0]);
  const { header, bytes } = decodeQuarantine(rejected.payload);
  assert.deepEqual(
    header.records.map(({ index, code }, i) => [index, code, bytes[i].toString()]),
    [
      [1, 'invalid_timestamp', '{"ts":"yesterday"}'],
      [2, 'not_an_object', '7'],
    ],
  );
});

interface Parts extends Partial<Omit<TestResubmission, 'bytes' | 'receiver'>> {
  readonly text?: string;
}

function recordOf(id: string, receiver: string, { text = '', ...parts }: Parts = {}): TestResubmission {
  const context = { content: 'records', ...parts.context } as const;
  const given = { sender: 'key@192.0.2.1', format: 'json', receivedMs: 0, isEdited: false, code: '', ...parts } as const;
  return { ...given, id, receiver, context, bytes: Buffer.from(text).toString('base64') };
}

const problems = (results: readonly TestResult[]): unknown[] => results.map(({ id, problem }) => [id, problem?.code]);

const linesOf = ({ writer }: TestGateway): LogLine[] =>
  writer.frames.flatMap(({ payload, header }) =>
    Array.from({ length: header.rowCount }, (_, row) => lineOfRow(readNativeBlock(payload), row)),
  );

test('a resubmission becomes lines that say what they were; what fails is told and not kept again', async (t) => {
  const gateway = await startTestGateway(t, { quarantine: true });
  const records = [
    recordOf('q-1', 'native', { text: ' {"msg":"mended","level":"warn"} ' }),
    recordOf('q-2', 'native', { text: '{"msg":"x"} trailing' }),
    recordOf('q-3', 'raw', { format: 'text', context: { content: 'text' }, text: 'a line of text' }),
    recordOf('q-4', 'native', { text: '[]' }),
    recordOf('q-5', 'native', { text: '{"msg":"another"}' }),
  ];
  const preview = await resubmit(gateway, records, true);
  assert.equal(gateway.writer.frames.length, 0);
  const results = await resubmit(gateway, records);
  const expected = [
    ['q-1', undefined],
    ['q-2', 'malformed_record'],
    ['q-3', undefined],
    ['q-4', 'not_an_object'],
    ['q-5', undefined],
  ];
  assert.deepEqual([problems(preview), problems(results)], [expected, expected]);
  assert.deepEqual(
    preview.map(({ line }) => line && [line['message'], line['level'], line['metadata']]),
    [
      ['mended', 'WARN', { replayed_from: 'q-1' }],
      undefined,
      ['a line of text', '', { replayed_from: 'q-3' }],
      undefined,
      ['another', '', { replayed_from: 'q-5' }],
    ],
  );
  // one batch of each kind, each counted
  assert.deepEqual(
    gateway.writer.frames.map(({ header: { kind, rowCount, outcomes } }) => [kind, rowCount, outcomes.accepted, outcomes.quarantined]),
    [
      [frameKinds.logs, 2, 2, 0],
      [frameKinds.logs, 1, 1, 0],
    ],
  );
  assert.deepEqual(
    linesOf(gateway).map(({ attributes }) => attributes),
    ['q-1', 'q-5', 'q-3'].map((id) => ({ names: ['replayed_from'], values: [id], kinds: 's' })),
  );
});

const otlpInJson = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"mended"}}]}]}]}';
const lokiInJson = '{"streams":[{"stream":{"app":"shop"},"values":[["1577836800000000000","mended"]]}]}';
const isEdited = true;

const taken: readonly (readonly [name: string, record: TestResubmission])[] = [
  ['otlp, mended in JSON', recordOf('q', 'otlp', { format: 'binary', isEdited, text: otlpInJson })],
  ['loki, mended in JSON', recordOf('q', 'loki', { format: 'binary', isEdited, text: lokiInJson })],
  ['journald, mended without its last line feeds', recordOf('q', 'journald', { format: 'binary', isEdited, text: 'MESSAGE=mended' })],
  ['beats, JSON', recordOf('q', 'beats', { isEdited, text: ' {"message":"mended"}\n' })],
  [
    'elasticsearch, a document in place of a deletion',
    recordOf('q', 'elasticsearch', { isEdited, text: '{"message":"mended"}', context: { request: { index: 'a', operation: 'delete' } } }),
  ],
  ['a receiver that is gone, JSON', recordOf('q', 'gone', { text: '{"message":"mended"}' })],
  ['a receiver that is gone, text', recordOf('q', 'gone', { format: 'text', text: 'mended' })],
];

test('what an operator mended is taken in any form that the receiver reads', async (t) => {
  const gateway = await startTestGateway(t, { quarantine: true });
  for (const [name, record] of taken) {
    assert.deepEqual(await resubmit(gateway, [record]), [{ id: 'q' }], name);
    assert.equal(linesOf(gateway).at(-1)?.message, 'mended', name);
  }
});

const two = '{"message":"a"}{"message":"b"}';
const refused: readonly (readonly [name: string, record: TestResubmission, code: string, message: RegExp])[] = [
  ['two events', recordOf('q', 'splunk', { text: '{"event":"a"}{"event":"b"}' }), 'malformed_record', /2 records/],
  ['two objects', recordOf('q', 'datadog', { text: two }), 'malformed_record', /2 records/],
  ['two documents', recordOf('q', 'elasticsearch', { text: two }), 'malformed_record', /end of the document/],
  [
    'two entries of a journal',
    recordOf('q', 'journald', { format: 'binary', text: 'MESSAGE=a\n\nMESSAGE=b\n\n' }),
    'malformed_record',
    /one whole/,
  ],
  ['the beginning of an entry', recordOf('q', 'journald', { format: 'binary', text: 'MESSAGE=a\n' }), 'malformed_record', /one whole/],
  ['no record at all', recordOf('q', 'datadog', { text: '{}' }), 'malformed_record', /no record/],
  [
    'a deletion',
    recordOf('q', 'elasticsearch', { text: '{"delete":{}}', context: { request: { operation: 'delete' } } }),
    'unsupported_action',
    /./,
  ],
  ['no protobuf', recordOf('q', 'otlp', { format: 'binary', text: '\n\t' }), 'malformed_body', /byte/],
  [
    'no MessagePack',
    recordOf('q', 'forward', { format: 'binary', context: { request: { tag: 'a' } }, text: 'x' }),
    'malformed_record',
    /./,
  ],
  ['no message of Forward', recordOf('q', 'forward', { format: 'binary', text: 'x' }), 'malformed_record', /Forward/],
  [
    'metrics',
    recordOf('q', 'forward', { format: 'binary', context: { request: { tag: 'a', refusal: 'metrics' } } }),
    'malformed_record',
    /metrics/,
  ],
  ['bytes of a receiver that is gone', recordOf('q', 'gone', { format: 'binary', text: 'x' }), 'malformed_record', /nothing here/],
  [
    'a receiver that is switched off',
    recordOf('q', 'gelf', { text: '{"short_message":"a"}' }),
    'malformed_record',
    /receivers\.gelf\.enabled/,
  ],
  ['a parser that is gone', recordOf('q', 'raw', { format: 'text', text: 'a', context: { parser: 'mine' } }), 'bad_request', /mine/],
];

test('what cannot be one line is told, and harms no other', async (t) => {
  const receivers = defaultsOf(receiversConfig);
  const gateway = await startTestGateway(t, {
    quarantine: true,
    receivers: { gelf: { ...onFreePorts(receivers.gelf), enabled: false } },
  });
  const good = (id: string, receiver: string): TestResubmission =>
    recordOf(id, receiver, { text: receiver === 'splunk' ? '{"event":"good"}' : '{"message":"good"}' });
  for (const [name, record, code, message] of refused) {
    const { length } = linesOf(gateway);
    const results = await resubmit(gateway, [
      good('before', record.receiver === 'splunk' ? 'splunk' : 'native'),
      record,
      good('behind', 'native'),
    ]);
    assert.deepEqual(
      problems(results),
      [
        ['before', undefined],
        ['q', code],
        ['behind', undefined],
      ],
      name,
    );
    assert.match(results[1].problem?.message ?? '', message, name);
    assert.deepEqual(
      linesOf(gateway)
        .slice(length)
        .map((line) => line.message),
      ['good', 'good'],
      name,
    );
  }
  assert.ok(gateway.writer.frames.every(({ header }) => header.kind === frameKinds.logs));
});

test('a log that takes only the first of two batches: the others are told, and nothing is taken twice', async (t) => {
  const gateway = await startTestGateway(t, { quarantine: true });
  const { writer } = gateway;
  const append = writer.append.bind(writer);
  writer.append = (...frame) => {
    if (writer.frames.length > 0) writer.refusal = new AppError('log_full', 'no room');
    return append(...frame);
  };
  const text = '{"message":"a"}';
  const results = await resubmit(gateway, [
    recordOf('q-1', 'native', { text }),
    recordOf('q-2', 'datadog', { text }),
    recordOf('q-3', 'native', { text }),
  ]);
  assert.deepEqual(problems(results), [
    ['q-1', undefined],
    ['q-2', 'log_full'],
    ['q-3', undefined],
  ]);
  const body = JSON.stringify({ preview: false, records: [recordOf('q-2', 'datadog', { text })] });
  assert.equal((await post(`${gateway.url}/internal/v1/resubmit`, body)).status, 429);
});
