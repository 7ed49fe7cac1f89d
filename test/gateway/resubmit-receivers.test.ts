/**
 * A record of each receiver that was out of bounds when it came, and is replayed when the bounds are wider: the line is the
 * one that its sender would get now, apart from the attribute that says what it was.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { frameKinds } from '#log/durable-log.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { compressSnappy } from '#platform/snappy.test-support.ts';
import { dataFrame, jsonFrame, windowFrame } from '#receivers/beats/lumberjack-client.test-support.ts';
import { eventTime, pack } from '#receivers/forward/msgpack-writer.test-support.ts';
import { pushRequest } from '#receivers/loki/loki.test-support.ts';
import { startTestGateway } from './gateway-harness.ts';
import type { AppendedFrame, TestGateway } from './gateway-harness.ts';
import { edited, keptIn, resubmit } from './resubmissions.ts';

const time = '2020-01-01T10:00:00.123Z';
const timeMs = Date.parse(time);
const seconds = timeMs / 1000;

type Send = (gateway: TestGateway) => Promise<void>;

const byHttp =
  (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Send =>
  async ({ url }) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
    await response.text();
  };

/** Over the receiver's own port; the connection stays until its records are in the log. */
const byTcp =
  (listener: string, bytes: Uint8Array): Send =>
  async ({ runtime, writer }) => {
    const port = runtime.listeners.find(({ name }) => name === listener)?.port ?? assert.fail(listener);
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const { length } = writer.frames;
    socket.write(bytes);
    await framesFrom({ writer }, length);
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
  };

const bulk = (action: object, document: object): string => `${JSON.stringify(action)}\n${JSON.stringify(document)}\n`;
const hec = { time: seconds, host: 'web-1', sourcetype: 'access', event: { msg: 'hello', level: 'warn' }, fields: { zone: 'a' } };
const protobuf = { 'content-type': 'application/x-protobuf' };
const otlpRecord = { timeUnixNano: `${timeMs}000000`, severityNumber: 13, body: { stringValue: 'hello' } };
const otlpSource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
const otlp = { resourceLogs: [{ resource: otlpSource, scopeLogs: [{ scope: { name: 'lib' }, logRecords: [otlpRecord] }] }] };
const journal = `__REALTIME_TIMESTAMP=${timeMs}000\nMESSAGE=hello\nPRIORITY=4\n_HOSTNAME=web-1\nSYSLOG_IDENTIFIER=shop\n\n`;
const lokiStream = {
  labels: '{app="shop", env="prod"}',
  entries: [{ seconds: Math.floor(seconds), nanos: 123_000_000, line: 'level=warn msg=hello', metadata: { pod: 'p-1' } }],
};
const fluentTime = eventTime(Math.floor(seconds), 123_000_000);

const senders: readonly (readonly [name: string, send: Send])[] = [
  [
    'native, with what its body and headers say of all records',
    byHttp(
      '/v1/logs/ingest',
      JSON.stringify({ source: { environment: 'prod', region: 'eu' }, logs: [{ ts: time, message: 'hello', level: 'warn', a: { b: 1 } }] }),
      { 'x-service-id': 'shop', 'x-host': 'web-1' },
    ),
  ],
  ['native, one record a line', byHttp('/v1/ingest', `{"ts":"${time}","msg":"hello"}\n`, { 'content-type': 'application/x-ndjson' })],
  [
    'raw, named, parsed and in a zone as its request says',
    byHttp(
      '/v1/logs/raw?service=shop&host=web-1&environment=prod&timezone=Asia/Tokyo',
      '2020-01-01 10:00:00 WARN Main hello\n\tat one\n\tat two\n',
    ),
  ],
  ['raw, in Windows-1252', byHttp('/v1/logs/raw', Buffer.from('2020-01-01 10:00:00 caf\u00e9\n', 'latin1'))],
  [
    'elasticsearch, bulk',
    byHttp('/elasticsearch/_bulk', bulk({ create: { _index: 'logs-shop-prod' } }, { '@timestamp': time, message: 'hello' })),
  ],
  ['elasticsearch, a document', byHttp('/elasticsearch/shop-2020.01.01/_doc', JSON.stringify({ '@timestamp': time, message: 'hello' }))],
  ['splunk, an event', byHttp('/services/collector?source=shop', JSON.stringify(hec))],
  ['splunk, raw', byHttp('/services/collector/raw?source=shop&host=web-1', `${time} WARN hello`)],
  [
    'datadog',
    byHttp('/api/v2/logs', JSON.stringify([{ message: 'hello', date: timeMs, status: 'warn', ddtags: 'env:prod,service:shop,a' }])),
  ],
  [
    'loki, JSON',
    byHttp('/loki/api/v1/push', JSON.stringify({ streams: [{ stream: { app: 'shop' }, values: [[`${timeMs}000000`, 'hello']] }] })),
  ],
  ['loki, protobuf', byHttp('/loki/api/v1/push', compressSnappy(pushRequest([lokiStream])), protobuf)],
  ['otlp', byHttp('/v1/logs', JSON.stringify(otlp))],
  [
    'gelf, HTTP',
    byHttp(
      '/gelf',
      JSON.stringify({ version: '1.1', host: 'web-1', short_message: 'hello', timestamp: seconds, level: 4, _service: 'shop' }),
    ),
  ],
  ['gelf, TCP', byTcp('gelf-tcp', Buffer.from(`{"version":"1.1","host":"web-1","short_message":"hello","timestamp":${seconds},"_a":1}\0`))],
  ['syslog, without a host', byTcp('syslog-tcp', Buffer.from(`<36>1 ${time} - shop 12 - [a@1 b="c"] hello\n`))],
  ['forward, entries', byTcp('forward', pack(['kube.shop', [[fluentTime, { log: 'WARN hello', pod: { name: 'p-1' } }]]]))],
  ['forward, a message with a level', byTcp('forward', pack(['shop', fluentTime, { message: 'WARN hello', level: 'info' }]))],
  [
    'beats, JSON',
    byTcp(
      'beats',
      Buffer.concat([windowFrame(1), jsonFrame(1, { '@timestamp': time, message: 'WARN hello', fields: { service: 'shop' } })]),
    ),
  ],
  [
    'beats, pairs',
    byTcp(
      'beats',
      Buffer.concat([
        windowFrame(1, '1'),
        dataFrame(1, [
          ['line', 'WARN hello'],
          ['timestamp', time],
          ['host', 'web-1'],
        ]),
      ]),
    ),
  ],
  ['journald', byHttp('/upload', journal, { 'content-type': 'application/vnd.fdo.journal' })],
];

test('a record of each receiver, replayed, is the line that its sender would get', { timeout: 420_000 }, async (t) => {
  const strict = await startTestGateway(t, { quarantine: true, ingest: { max_age: 86_400_000 } });
  const lenient = await startTestGateway(t, { quarantine: true });
  for (const [name, send] of senders) {
    await t.test(name, async () => {
      const [refused] = await sent(strict, send);
      assert.equal(refused.header.kind, frameKinds.quarantine);
      const [record] = keptIn(refused, 'q-1');
      assert.equal(record.code, 'timestamp_out_of_window');
      const direct = lineIn((await sent(lenient, send))[0]);
      const preview = await resubmit(lenient, [record], true);
      const results = await resubmit(lenient, [record]);
      assert.deepEqual(results, [{ id: 'q-1' }]);
      const replayed = lineIn(lenient.writer.frames.at(-1) ?? assert.fail());
      assert.deepEqual(withoutMark(replayed), direct);
      assert.equal(preview[0].line?.['message'], direct.message);
      assert.ok(direct.tsNs < BigInt(timeMs + 60_000) * 1_000_000n, 'the time is that of the record');
    });
  }
});

test('bytes of any kind are a line or a reason, never a defect', { timeout: 420_000 }, async (t) => {
  const gateway = await startTestGateway(t, { quarantine: true, ingest: { max_age: 86_400_000 } });
  for (const [name, send] of senders) {
    const [record] = keptIn((await sent(gateway, send))[0], 'q-1');
    const bytes = Buffer.from(record.bytes, 'base64');
    const places = fc.nat(bytes.length - 1);
    const mutations = fc.oneof(
      fc.tuple(places, fc.nat(255)).map(([at, value]) => Buffer.concat([bytes.subarray(0, at), Buffer.of(value), bytes.subarray(at + 1)])),
      places.map((end) => bytes.subarray(0, end)),
      fc.tuple(places, places).map(([from, to]) => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])),
      fc.uint8Array({ maxLength: 40 }),
    );
    const requests = fc.array(mutations, { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(requests, async (mutated) => {
        const results = await resubmit(
          gateway,
          mutated.flatMap((other) => [edited(record, other), { ...edited(record, other), isEdited: false }]),
          true,
        );
        const defects = results.filter(({ problem }) => problem?.code === 'internal');
        assert.deepEqual(defects, [], name);
      }),
      { numRuns: 5 },
    );
  }
  assert.ok(gateway.writer.frames.every(({ header }) => header.kind === frameKinds.quarantine));
});

/** The frames that sending brings. */
async function sent(gateway: TestGateway, send: Send): Promise<readonly AppendedFrame[]> {
  const { length } = gateway.writer.frames;
  await send(gateway);
  return framesFrom(gateway, length);
}

async function framesFrom({ writer }: Pick<TestGateway, 'writer'>, first: number): Promise<readonly AppendedFrame[]> {
  while (writer.frames.length <= first) await sleep(2);
  return writer.frames.slice(first);
}

type ComparedLine = Omit<LogLine, 'id' | 'receivedMs'>;

function lineIn(frame: AppendedFrame): ComparedLine {
  assert.equal(frame.header.kind, frameKinds.logs);
  const view = readNativeBlock(frame.payload);
  assert.equal(view.rowCount, 1);
  const { id: _, receivedMs: __, ...line } = lineOfRow(view, 0);
  return line;
}

/** The line without the attribute that a replay adds at its end. */
function withoutMark(line: ComparedLine): ComparedLine {
  const { names, values, kinds } = line.attributes;
  assert.deepEqual([names.at(-1), values.at(-1)], ['replayed_from', 'q-1']);
  return { ...line, attributes: { names: names.slice(0, -1), values: values.slice(0, -1), kinds: kinds.slice(0, -1) } };
}
