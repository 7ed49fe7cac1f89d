/** Bad records on their way into the quarantine and back: over real HTTP, down to the frames of the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeQuarantine } from '#ingest/rejected-records.ts';
import { frameKinds } from '#log/durable-log.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { post, startTestGateway } from './gateway-harness.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

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

test('a resubmission becomes one batch of lines that say what they were; what fails is told and not kept again', async (t) => {
  const { url, writer } = await startTestGateway(t, { quarantine: true });
  const records = [
    { id: 'q-1', receiver: 'native', format: 'json', bytes: base64(' {"msg":"mended","level":"warn"} ') },
    { id: 'q-2', receiver: 'native', format: 'json', bytes: base64('{"msg":"x"} trailing') },
    { id: 'q-3', receiver: 'syslog', format: 'text', bytes: base64('a line of text') },
    { id: 'q-4', receiver: 'native', format: 'json', bytes: base64('[]') },
  ];
  const preview = await post(`${url}/internal/v1/resubmit`, JSON.stringify({ preview: true, records }));
  assert.equal(writer.frames.length, 0);
  const { body } = await post(`${url}/internal/v1/resubmit`, JSON.stringify({ preview: false, records }), { 'x-tenant-id': 'acme' });
  type Results = { id: string; problem?: { code: string }; line?: { message: string; level: string } }[];
  const codes = (results: unknown): unknown[] => (results as Results).map(({ id, problem }) => [id, problem?.code]);
  const expected = [
    ['q-1', undefined],
    ['q-2', 'malformed_record'],
    ['q-3', undefined],
    ['q-4', 'not_an_object'],
  ];
  assert.deepEqual([codes(preview.body.results), codes(body.results)], [expected, expected]);
  assert.deepEqual(
    (preview.body.results as Results).map(({ line }) => line && [line.message, line.level]),
    [['mended', 'WARN'], undefined, ['a line of text', ''], undefined],
  );
  assert.deepEqual(
    writer.frames.map(({ header }) => [header.kind, header.tenant, header.rowCount]),
    [[frameKinds.logs, 'acme', 2]],
  );
  const view = readNativeBlock(writer.frames[0].payload);
  assert.deepEqual(
    [0, 1].map((row) => lineOfRow(view, row).attributes),
    ['q-1', 'q-3'].map((id) => ({ names: ['replayed_from'], values: [id], kinds: 's' })),
  );
});
