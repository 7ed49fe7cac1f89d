/** The gRPC listener against the client that most Node services use, @grpc/grpc-js. */
import assert from 'node:assert/strict';
import { connect, constants } from 'node:http2';
import { after, test } from 'node:test';
import { Client, Metadata, compressionAlgorithms, credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { AppError } from '#base/errors.ts';
import type { SenderCredentials } from '#ingest/intake.ts';
import { ProtobufReader } from '#receivers/protobuf-reader.ts';
import type { RunningListener } from '#receivers/receiver.ts';
import { openTestReceiver, requestOf, testConfig, textRecord } from './otlp.test-support.ts';
import type { TestConfig, TestReceiver } from './otlp.test-support.ts';

const exportPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const identity = (bytes: Buffer): Buffer => bytes;

interface Answer {
  readonly error: ServiceError | null;
  readonly response: Buffer | undefined;
}

class TestServer {
  readonly fake: TestReceiver['fake'];
  readonly running: RunningListener;

  constructor(fake: TestReceiver['fake'], running: RunningListener) {
    this.fake = fake;
    this.running = running;
  }

  client(options: object = {}): Client {
    const client = new Client(`127.0.0.1:${this.running.port}`, credentials.createInsecure(), options);
    after(() => client.close());
    return client;
  }

  export(body: Uint8Array, { client = this.client(), path = exportPath, metadata = {} as Record<string, string> } = {}): Promise<Answer> {
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    return new Promise((resolve) => {
      client.makeUnaryRequest(path, identity, identity, Buffer.from(body), sent, (error, response) => resolve({ error, response }));
    });
  }
}

async function openServer(
  options: Parameters<typeof openTestReceiver>[1] = {},
  grpc: Partial<TestConfig['grpc']> = {},
): Promise<TestServer> {
  const { fake, receiver } = openTestReceiver({ grpc: { ...testConfig.grpc, ...grpc } }, options);
  const listener = receiver.listeners.find(({ name }) => name === 'otlp-grpc');
  assert.ok(listener);
  const running = await listener.start({
    host: '127.0.0.1',
    port: 0,
    reusePort: false,
    createHttpServer: () => assert.fail('gRPC has a server of its own'),
  });
  after(() => running.stop());
  return new TestServer(fake, running);
}

/** Seconds and nanoseconds of the RetryInfo in a status' details; undefined where there is none. */
function retryDelay(error: ServiceError): string | undefined {
  const details = error.metadata.get('grpc-status-details-bin')[0] as Buffer;
  const at = details.indexOf('google.rpc.RetryInfo');
  return at < 0 ? undefined : details.subarray(at + 'google.rpc.RetryInfo'.length).toString('hex');
}

test('lines are taken, and the answer is an empty response', async () => {
  const server = await openServer();
  const { error, response } = await server.export(requestOf([textRecord('one'), textRecord('two')]), {
    metadata: { 'x-tenant-id': 'acme' },
  });
  assert.equal(error, null);
  assert.deepEqual(response, Buffer.alloc(0));
  assert.deepEqual(
    server.fake.lines().map(({ message, tenant }) => [message, tenant]),
    [
      ['one', 'acme'],
      ['two', 'acme'],
    ],
  );
  assert.match(server.fake.batches[0].sender, /^test@(::ffff:)?127\.0\.0\.1$/);
});

for (const [name, algorithm] of [
  ['gzip', compressionAlgorithms.gzip],
  ['deflate', compressionAlgorithms.deflate],
] as const) {
  test(`messages compressed by ${name} are taken`, async () => {
    const server = await openServer();
    const client = server.client({ 'grpc.default_compression_algorithm': algorithm });
    const { error } = await server.export(requestOf([textRecord('x'.repeat(100_000))]), { client });
    assert.equal(error, null);
    assert.equal(server.fake.lines()[0].message.length, 100_000);
  });
}

test('a message of several windows is taken, and several calls at a time', async () => {
  const server = await openServer();
  const client = server.client();
  const body = requestOf(Array.from({ length: 30 }, (_, i) => textRecord(`${i} ${'y'.repeat(100_000)}`)));
  const answers = await Promise.all([1, 2, 3].map(() => server.export(body, { client })));
  for (const { error } of answers) assert.equal(error, null);
  assert.equal(server.fake.lines().length, 90);
});

test('a call is answered only after its lines are durable', async () => {
  const server = await openServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.fake.durable = promise;
  let isAnswered = false;
  const answer = server.export(requestOf([textRecord('one')])).then((given) => {
    isAnswered = true;
    return given;
  });
  const other = await server.export(new Uint8Array(0), { path: '/other/Method' });
  assert.equal(other.error?.code, status.UNIMPLEMENTED);
  assert.equal(isAnswered, false);
  resolve();
  assert.equal((await answer).error, null);
});

test('records that cannot be taken are told as partial success', async () => {
  const server = await openServer();
  const { error, response } = await server.export(
    requestOf([textRecord('good'), (record) => record.fixed64(1, -1n), textRecord('good too')]),
  );
  assert.equal(error, null);
  assert.ok(response);
  const reader = new ProtobufReader();
  reader.open(new Uint8Array(response), new DataView(response.buffer, response.byteOffset, response.length));
  assert.equal(reader.tag(response.length), 0x0a);
  const end = reader.range(response.length);
  assert.equal(reader.tag(end), 0x08);
  assert.equal(reader.uint32(end), 1);
  assert.match(response.toString(), /record 1: the timestamp cannot be read.*invalid_timestamp/);
  assert.equal(server.fake.lines().length, 2);
});

test('pressure is UNAVAILABLE with RetryInfo', async () => {
  const server = await openServer();
  server.fake.submitError = new AppError('log_full', 'the log is full', { retryAfterMs: 1500 });
  const { error } = await server.export(requestOf([textRecord('one')]));
  assert.equal(error?.code, status.UNAVAILABLE);
  assert.equal(error.details, 'the log is full');
  // Any.value { RetryInfo.retry_delay { seconds 1, nanos 500,000,000 } }
  assert.equal(retryDelay(error), '120a0a0808011080cab5ee01');
  server.fake.submitError = undefined;
  server.fake.admitError = new AppError('log_full', 'still', { retryAfterMs: 1000 });
  assert.equal((await server.export(requestOf([textRecord('one')]))).error?.code, status.UNAVAILABLE);
  assert.equal(server.fake.lines().length, 0);
});

test('what will not get better is refused for good, in words that survive the header', async () => {
  const server = await openServer({
    ingest: { max_body_bytes: 2000, max_compressed_bytes: 2000, max_records: 3 },
    authenticate: ({ authorization }: SenderCredentials) => {
      if (authorization === 'Bearer right') return 'acme';
      throw new AppError('unauthenticated', 'schlüssel unbekannt: 100%');
    },
  });
  const metadata = { authorization: 'Bearer right' };
  const records = Array.from({ length: 4 }, () => textRecord('x'));
  const unknown = await server.export(requestOf([textRecord('one')]));
  assert.equal(unknown.error?.code, status.UNAUTHENTICATED);
  assert.equal(unknown.error.details, 'schlüssel unbekannt: 100%');
  assert.equal(retryDelay(unknown.error), undefined);
  const cases: readonly (readonly [string, Uint8Array, string?])[] = [
    ['a message that is too large', requestOf([textRecord('z'.repeat(3000))])],
    ['too many records', requestOf(records)],
    ['no protobuf', Buffer.from([0x0a, 0xff])],
  ];
  for (const [name, body] of cases) assert.equal((await server.export(body, { metadata })).error?.code, status.INVALID_ARGUMENT, name);
  const bomb = server.client({ 'grpc.default_compression_algorithm': compressionAlgorithms.gzip });
  const bombed = await server.export(requestOf([textRecord('z'.repeat(1_000_000))]), { client: bomb, metadata });
  assert.equal(bombed.error?.code, status.INVALID_ARGUMENT);
  assert.match(bombed.error.details, /over 2000 bytes when decompressed/);
  assert.equal(server.fake.context.budget.usedBytes, 0);
});

/** One call by hand: headers, then pieces of the body. */
async function rawCall(port: number, headers: Record<string, string>, pieces: readonly Buffer[]): Promise<Record<string, unknown>> {
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': exportPath,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const answer: Record<string, unknown> = {};
  stream.on('response', (given) => Object.assign(answer, given));
  stream.on('trailers', (given) => Object.assign(answer, given));
  stream.resume();
  for (const piece of pieces) stream.write(piece);
  stream.end();
  await new Promise((resolve) => stream.once('close', resolve));
  session.close();
  return answer;
}

test('framing', async () => {
  const { running, fake } = await openServer();
  const body = Buffer.from(requestOf([textRecord('by hand')]));
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, body.length]), body]);
  const bytewise = [...frame].map((byte) => Buffer.from([byte]));
  assert.equal((await rawCall(running.port, {}, bytewise))['grpc-status'], '0');
  assert.equal(fake.lines()[0].message, 'by hand');
  const cases: readonly (readonly [string, Record<string, string>, readonly Buffer[], string])[] = [
    ['nothing', {}, [], '3'],
    ['half a prefix', {}, [Buffer.from([0, 0])], '3'],
    ['a message cut short', {}, [frame.subarray(0, -1)], '3'],
    ['two messages', {}, [frame, frame], '3'],
    ['an unknown flag', {}, [Buffer.from([2, 0, 0, 0, 0])], '3'],
    ['compressed by nothing', {}, [Buffer.from([1, 0, 0, 0, 0])], '3'],
    ['compressed by snappy', { 'grpc-encoding': 'snappy' }, [frame], '12'],
    ['not what gzip makes', { 'grpc-encoding': 'gzip' }, [Buffer.from([1, 0, 0, 0, 1, 7])], '3'],
    ['not compressed in a compressed call', { 'grpc-encoding': 'gzip' }, [frame], '0'],
  ];
  for (const [name, headers, pieces, code] of cases)
    assert.equal((await rawCall(running.port, headers, pieces))['grpc-status'], code, name);
  assert.equal((await rawCall(running.port, { 'content-type': 'text/plain' }, [frame]))[':status'], 415);
  assert.equal(fake.context.budget.usedBytes, 0);
});

test('a caller that goes away, or says nothing more, gives its bytes back', async () => {
  const hurried = await openServer({}, { request_timeout: 50 });
  assert.equal(await rawCallWithoutEnd(hurried.running.port), '14');
  while (hurried.fake.context.budget.usedBytes > 0) await new Promise((resolve) => setImmediate(resolve));
  const { running, fake } = await openServer();
  const session = connect(`http://127.0.0.1:${running.port}`);
  const stream = session.request({ ':method': 'POST', ':path': exportPath, 'content-type': 'application/grpc' });
  stream.on('error', () => undefined);
  stream.write(Buffer.from([0, 0, 0, 1, 0, 7]));
  stream.close(constants.NGHTTP2_CANCEL);
  await new Promise((resolve) => session.close(() => resolve(undefined)));
  const again = await rawCall(running.port, {}, [Buffer.from([0, 0, 0, 0, 0])]);
  assert.equal(again['grpc-status'], '0');
  assert.equal(fake.context.budget.usedBytes, 0);
});

async function rawCallWithoutEnd(port: number): Promise<unknown> {
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':method': 'POST', ':path': exportPath, 'content-type': 'application/grpc' });
  stream.write(Buffer.from([0, 0, 0, 1, 0, 7]));
  const headers = await new Promise<Record<string, unknown>>((resolve) => stream.once('response', resolve));
  session.destroy();
  return headers['grpc-status'];
}

test('a stop lets the calls that are open end', async () => {
  const server = await openServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.fake.durable = promise;
  const { promise: opened, resolve: onOpen } = Promise.withResolvers<void>();
  const { open } = server.fake.intake;
  server.fake.intake.open = (source) => {
    onOpen();
    return open(source);
  };
  const answer = server.export(requestOf([textRecord('last')]));
  await opened;
  const stopped = server.running.stop();
  resolve();
  assert.equal((await answer).error, null);
  await stopped;
  assert.equal((await server.export(requestOf([textRecord('too late')]))).error?.code, status.UNAVAILABLE);
});
