/** Deliveries to true HTTP servers that fail, stall, limit the rate, die and come back; through the channel of type webhook. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createChannel } from './channel-kinds.ts';
import { createTestNotifier, idle, settings, startMs, tenant, until } from './notifier.fake.ts';
import type { NotifierFakeOptions } from './notifier.fake.ts';
import { createOutgoing } from './outgoing-http.ts';

interface Heard {
  readonly id: string;
  readonly kind: string;
  readonly incidents: readonly string[];
}

type Answer = (heard: Heard, answer: ServerResponse) => void;

/** A server whose answers may be changed, and that can go and come back at the same port. */
async function receiver(t: TestContext) {
  const heard: Heard[] = [];
  let answer: Answer = (_, response) => response.end('ok');
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      const { id, kind, incidents } = JSON.parse(text) as { id: string; kind: string; incidents: { id: string }[] };
      const one = { id, kind, incidents: incidents.map((incident) => incident.id) };
      heard.push(one);
      answer(one, response);
    });
  };
  let server: Server = createServer(handle);
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  t.after(stop);
  return {
    heard,
    url: `http://127.0.0.1:${port}/hook`,
    answers: (next: Answer) => void (answer = next),
    stop,
    async comeBack(): Promise<void> {
      server = createServer(handle);
      await listen(port);
    },
  };
}

async function site(t: TestContext, options: NotifierFakeOptions = {}) {
  const server = await receiver(t);
  const config = { ...settings, allow_private_addresses: true, delivery_timeout: 30_000, ...options.config };
  const outgoing = createOutgoing({ config });
  const made = await createTestNotifier(t, {
    routing: { route: { channels: ['real'], group_by: ['...'], group_interval_ms: 1000, repeat_interval_ms: 0 } },
    createChannel: (type, given, clock) =>
      createChannel(type, given, { http: outgoing, hosts: outgoing, inbox: { put: async () => undefined }, clock }),
    channels: { real: { type: 'webhook', settings: { url: server.url } } },
    ...options,
    config,
  });
  const notifier = made.start();
  /** Lets the clock go on by steps, each with time for the network. */
  const pass = async (ms: number, stepMs = 1000): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      made.clock.advance(stepMs);
      await settled(notifier, made);
    }
  };
  return { ...made, notifier, server, pass };
}

/** All that is due was tried. */
async function settled(notifier: Parameters<typeof idle>[0], made: Parameters<typeof idle>[1]): Promise<void> {
  await until('no attempt is under way', async () => {
    await idle(notifier, made);
    return notifier.status().underWay === 0;
  });
}

test('a server that fails is tried again with growing waits until it takes the message, under one id', async (t) => {
  const { server, tell, notifier, records, ...made } = await site(t);
  server.answers((_, answer) => answer.writeHead(server.heard.length < 4 ? 503 : 200).end());
  await tell('a', 'fired');
  notifier.wake();
  const attempts: number[] = [];
  for (let second = 0; second < 40; second++) {
    await settled(notifier, { ...made, records });
    attempts.push(server.heard.length);
    made.clock.advance(1000);
  }
  assert.deepEqual([attempts[0], attempts[3], attempts[7], attempts[15], attempts[39]], [1, 2, 3, 4, 4]);
  assert.equal(new Set(server.heard.map(({ id }) => id)).size, 1);
  const [message] = await records.messages({ tenant, limit: 5 });
  assert.deepEqual([message.state, message.attempts], ['delivered', 4]);
});

test('a server that asks for patience is left alone for so long, with all messages', async (t) => {
  const { server, tell, notifier, pass } = await site(t);
  let isLimited = true;
  server.answers((_, answer) => (isLimited ? answer.writeHead(429, { 'retry-after': '120' }).end() : answer.end()));
  await tell('a', 'fired');
  notifier.wake();
  await pass(1000);
  assert.equal(server.heard.length, 1);
  await tell('b', 'fired');
  notifier.wake();
  await pass(117_000, 13_000);
  assert.equal(server.heard.length, 1);
  isLimited = false;
  await pass(10_000);
  assert.deepEqual(
    server.heard
      .slice(1)
      .flatMap(({ incidents }) => incidents)
      .toSorted(),
    ['a', 'b'],
  );
});

test('a server that was away gets the newest of each group when it comes back, not a storm', async (t) => {
  const { server, tell, notifier, pass, records } = await site(t, { config: { channel_dead_after: 86_400_000 } });
  await server.stop();
  for (const id of ['a', 'b', 'c']) await tell(id, 'fired');
  notifier.wake();
  await pass(600_000, 60_000);
  await tell('a', 'resolved', { firedMs: startMs });
  notifier.wake();
  await pass(600_000, 60_000);
  assert.equal(server.heard.length, 0);
  await server.comeBack();
  await pass(360_000, 60_000);
  assert.deepEqual(server.heard.map(({ kind, incidents }) => `${kind} ${incidents.join('+')}`).toSorted(), [
    'fired b',
    'fired c',
    'resolved a',
  ]);
  const states = (await records.messages({ tenant, limit: 10 })).map(({ kind, state }) => `${kind} ${state}`);
  assert.deepEqual(states.toSorted(), ['fired delivered', 'fired delivered', 'fired superseded', 'resolved delivered']);
});

test('a server that never answers holds up no other channel, and its attempt ends in time', async (t) => {
  const { server, tell, notifier, sent, records, clock } = await site(t, {
    routing: { route: { channels: ['real', 'inbox'], group_by: ['...'] } },
    isInboxFake: true,
  });
  server.answers(() => undefined);
  await tell('a', 'fired');
  notifier.wake();
  await until('the inbox has it, and the server was asked', () => sent.length === 1 && server.heard.length === 1);
  clock.advance(30_000);
  clock.advance(1000);
  await until('the attempt is over', async () => {
    clock.advance(100);
    return (await records.messages({ tenant, channel: 'real', limit: 5 }))[0].attempts > 0;
  });
  const [message] = await records.messages({ tenant, channel: 'real', limit: 5 });
  assert.equal(message.state, 'waiting');
  assert.match(message.detail, /no outcome within|no answer in time/);
});

test('what can never work is refused at once, and what does not work for too long is given up', async (t) => {
  const { server, tell, notifier, pass, records } = await site(t, { config: { give_up_after: 60_000 } });
  server.answers(({ incidents }, answer) => answer.writeHead(incidents[0] === 'a' ? 410 : 500).end('gone for good'));
  await tell('a', 'fired');
  await tell('b', 'fired');
  notifier.wake();
  await pass(120_000, 10_000);
  const messages = await records.messages({ tenant, channel: 'real', limit: 10 });
  const states = new Map(messages.map(({ incidentIds, state }) => [incidentIds[0], state]));
  assert.deepEqual([states.get('a'), states.get('b')], ['refused', 'given_up']);
  assert.match(messages.find(({ state }) => state === 'refused')?.detail ?? '', /answered 410: gone for good/);
});

test('more messages than may wait: the oldest are given up and say why', async (t) => {
  const { server, tell, notifier, pass, records } = await site(t, {
    config: { max_waiting_per_channel: 3, channel_dead_after: 86_400_000 },
  });
  await server.stop();
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await tell(id, 'fired');
  notifier.wake();
  await pass(5000);
  const all = await records.messages({ tenant, limit: 10 });
  assert.equal(all.filter(({ state }) => state === 'waiting').length, 3);
  const given = all.filter(({ state }) => state === 'given_up');
  assert.equal(given.length, 3);
  for (const { detail } of given) assert.match(detail, /notifications\.max_waiting_per_channel/);
});

test('a channel that is repaired is tried at once', async (t) => {
  const { server, tell, notifier, pass, book, change } = await site(t);
  await book.putChannel(change, 'real', { type: 'webhook', settings: { url: 'http://127.0.0.1:9/' } });
  await tell('a', 'fired');
  notifier.wake();
  await pass(30_000, 10_000);
  assert.equal(server.heard.length, 0);
  await book.putChannel(change, 'real', { type: 'webhook', settings: { url: server.url } });
  await until('it was delivered', () => server.heard.length === 1);
});
