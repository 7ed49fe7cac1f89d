import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Quarantine, QuarantinedRecord, ReplayRequest } from '#consumers/quarantined-records.ts';
import { createTestApi } from './create-api.fake.ts';

const record: QuarantinedRecord = {
  id: 'q-1',
  tenant: 'default',
  receivedMs: 0,
  receiver: 'native',
  sender: 'key@::1',
  format: 'json',
  code: 'not_an_object',
  message: 'the record is no JSON object',
  bytes: Buffer.from('7'),
  length: 1,
  context: { content: 'records', request: { service: 'shop' } },
  state: 'waiting',
  replayedMs: undefined,
};

function quarantineOf(records: readonly QuarantinedRecord[]): { quarantine: Quarantine; replayed: ReplayRequest[] } {
  const replayed: ReplayRequest[] = [];
  const quarantine: Quarantine = {
    find: () => ({ records, total: records.length, next: undefined }),
    totals: () => new Map(),
    async replay(request) {
      replayed.push(request);
      return [];
    },
  };
  return { quarantine, replayed };
}

test('records are shown as text, those of binary protocols always as base64 too, with what their request said', async (t) => {
  const journal: QuarantinedRecord = { ...record, format: 'binary', bytes: Buffer.from('MESSAGE=a\n\n') };
  const protobuf: QuarantinedRecord = { ...record, format: 'binary', bytes: Buffer.of(0x0a, 0x01, 0xff) };
  const { get } = createTestApi(t, { quarantine: quarantineOf([record, journal, protobuf]).quarantine });
  const { records } = (await get('/v1/quarantine')).json<{ records: { text?: string; base64?: string; context: object }[] }>();
  assert.deepEqual(
    records.map(({ text, base64 }) => [text, base64]),
    [
      ['7', undefined],
      ['MESSAGE=a\n\n', 'TUVTU0FHRT1hCgo='],
      [undefined, 'CgH/'],
    ],
  );
  assert.deepEqual(records[0].context, record.context);
});

test('edits are text or base64', async (t) => {
  const { quarantine, replayed } = quarantineOf([]);
  const { post } = createTestApi(t, { quarantine });
  const { statusCode } = await post('/v1/quarantine/replay', { edits: { a: 'caf\u00e9', b: { base64: 'CgH/' } } });
  assert.equal(statusCode, 200);
  assert.deepEqual(
    [...replayed[0].edits].map(([id, bytes]) => [id, [...bytes]]),
    [
      ['a', [0x63, 0x61, 0x66, 0xc3, 0xa9]],
      ['b', [0x0a, 0x01, 0xff]],
    ],
  );
  for (const edit of [{ base64: 'not base64!' }, { base64: 'CgH/', text: '' }, 7]) {
    assert.equal((await post('/v1/quarantine/replay', { edits: { a: edit } })).statusCode, 400, JSON.stringify(edit));
  }
});
