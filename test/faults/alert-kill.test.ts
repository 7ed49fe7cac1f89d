/**
 * kill -9 of a running product while lines come that make alert rules fire: at every point of their evaluation that can be seen
 * from outside. What is recorded at the end is what an evaluation without kills records: each incident, once; and a webhook is told
 * of each once too, or again under the same id where the kill came between the message and the note that it was taken.
 * (The points inside one process are in test/consumers/alert-evaluation.test.ts.)
 */
import assert from 'node:assert/strict';
import { existsSync, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, Product, temporaryDirectory } from '../support/product.ts';
import { productEnvironment } from './kill-nine.ts';

type Moment = 'before a record' | 'after a record' | 'in a checkpoint' | 'in a replay';

interface ToldIncident {
  readonly id: string;
  readonly rule_name: string;
  readonly group: Readonly<Record<string, string>>;
  readonly state: string;
  readonly events: readonly { readonly kind: string }[];
}

const flags = [
  '--alerts.checkpoint_interval=2s',
  '--canary.enabled=false',
  '--log.max_bytes=256MB',
  '--notifications.allow_private_addresses=true',
];
const condition = { kind: 'count', window_ms: 20_000, operator: '>=', threshold: 4 };

/** A webhook's other end: which messages told of the firing of which incident, by their ids. */
class Hook {
  readonly url: string;
  readonly firedIds = new Map<string, Set<string>>();

  private constructor(url: string) {
    this.url = url;
  }

  static async open(t: TestContext): Promise<Hook> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        hook.#take(String(request.headers['millrace-notification-id']), Buffer.concat(parts).toString());
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const hook = new Hook(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return hook;
  }

  #take(messageId: string, body: string): void {
    const { kind, incidents } = JSON.parse(body) as { kind: string; incidents: { id: string }[] };
    if (kind !== 'fired') return;
    for (const { id } of incidents) this.firedIds.set(id, (this.firedIds.get(id) ?? new Set()).add(messageId));
  }
}

class AlertRun {
  product!: Product;
  groups = 0;
  readonly hook: Hook;
  readonly #dataDirectory: string;

  private constructor(dataDirectory: string, hook: Hook) {
    this.#dataDirectory = dataDirectory;
    this.hook = hook;
  }

  static async start(t: TestContext): Promise<AlertRun> {
    const run = new AlertRun(await temporaryDirectory(t, 'alert-kill'), await Hook.open(t));
    t.after(() => run.product?.kill());
    await run.start();
    await run.#put('channels/hook', { type: 'webhook', settings: { url: run.hook.url } });
    await run.#put('routing', { routing: { route: { channels: ['hook'], group_by: ['...'], group_wait_ms: 0 } } });
    for (const [name, changes] of [
      ['errors', {}],
      ['held', { for_ms: 1000 }],
    ] as const) {
      const body = { name, filter: 'level:ERROR', group_by: ['service'], condition, ...changes };
      const answer = await run.product.post('/v1/alerts', body);
      assert.equal(answer.status, 201, await answer.text());
    }
    await run.evaluated();
    return run;
  }

  async start(): Promise<void> {
    this.product = await Product.start({ dataDirectory: this.#dataDirectory, flags, environment: productEnvironment() });
  }

  async #put(path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const address = `${this.product.url}/v1/notifications/${path}`;
    const answer = await fetch(address, { method: 'PUT', headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Lines of a service that nobody has heard of: enough that it fires. Sent again until they are acknowledged. */
  async newGroup(): Promise<void> {
    const service = `service-${this.groups}`;
    this.groups += 1;
    const logs = Array.from({ length: 4 }, () => ({ timestamp: new Date().toISOString(), level: 'ERROR', service, message: 'it failed' }));
    const answer = await this.product.post('/v1/logs/ingest', { logs });
    assert.equal(answer.status, 202);
  }

  /** The evaluation has read what is acknowledged now. */
  evaluated(): Promise<unknown> {
    const sinceMs = Date.now();
    return eventually(
      async () => (await this.product.status())['alerts'],
      ({ state, last_tick_at: tick }) => state === 'running' && Date.parse(tick) > sinceMs,
    );
  }

  async killAt(moment: Moment): Promise<void> {
    if (moment === 'in a checkpoint') await this.#checkpointBegins();
    else await this.newGroup();
    if (moment === 'after a record') await this.#recorded();
    await this.product.kill();
    if (moment !== 'in a replay') return this.start();
    // Again, while it reads the log of before.
    const replaying = Product.start({ dataDirectory: this.#dataDirectory, flags, environment: productEnvironment() });
    const database = join(this.#dataDirectory, 'alerts', 'alerts.db-wal');
    await eventually(
      async () => existsSync(database),
      (isThere) => isThere,
    );
    await (await replaying).kill();
    return this.start();
  }

  async #recorded(): Promise<void> {
    const group = `service-${this.groups - 1}`;
    await eventually(
      () => this.incidents(),
      (incidents) => incidents.some((incident) => incident.group['service'] === group),
    );
  }

  /** The file that becomes the checkpoint is seen while it is there for a moment. */
  async #checkpointBegins(): Promise<void> {
    const directory = join(this.#dataDirectory, 'alerts');
    await mkdir(directory, { recursive: true });
    const seen = Promise.withResolvers<void>();
    const watcher = watch(directory, (_, name) => {
      if (name === 'checkpoint.tmp') seen.resolve();
    });
    await this.newGroup();
    await seen.promise;
    watcher.close();
  }

  async incidents(): Promise<ToldIncident[]> {
    const { incidents } = (await (await fetch(`${this.product.url}/v1/incidents?limit=500`)).json()) as { incidents: ToldIncident[] };
    return incidents;
  }

  async histories(): Promise<string[]> {
    const incidents = await this.incidents();
    const told = incidents.map(async ({ id, rule_name: rule, group }) => {
      const { events } = (await (await fetch(`${this.product.url}/v1/incidents/${id}`)).json()) as ToldIncident;
      const found = events.map(({ kind }) => kind).filter((kind) => kind !== 'notified');
      return `${rule} ${group['service']} ${found.join(' ')}`;
    });
    return (await Promise.all(told)).toSorted();
  }
}

test('after kills at every point each group has fired and resolved once', { timeout: 280_000 }, async (t) => {
  const run = await AlertRun.start(t);
  const moments: Moment[] = ['before a record', 'after a record', 'in a checkpoint', 'in a replay'];
  for (const moment of moments) {
    await run.newGroup();
    await sleep(Math.random() * 700);
    await run.killAt(moment);
    await run.newGroup();
  }
  await run.evaluated();
  await eventually(
    () => run.incidents(),
    (incidents) => incidents.length === 2 * run.groups && incidents.every(({ state }) => state === 'resolved'),
    120_000,
  );
  const expected = Array.from({ length: run.groups }, (_, index) => [
    `errors service-${index} fired resolved`,
    `held service-${index} pending fired resolved`,
  ]);
  assert.deepEqual(await run.histories(), expected.flat().toSorted());
  const ids = (await run.incidents()).map(({ id }) => id);
  await eventually(
    async () => ids.filter((id) => !run.hook.firedIds.has(id)),
    (untold) => untold.length === 0,
  );
  assert.deepEqual([...run.hook.firedIds.keys()].toSorted(), ids.toSorted(), 'nothing else was told');
  for (const [id, messages] of run.hook.firedIds) assert.equal(messages.size, 1, `incident ${id} was told by ${messages.size} messages`);
  const { alerts } = await run.product.status();
  assert.deepEqual([alerts.missed_batches, alerts.unreadable_batches], [0, 0]);
  await run.product.stop();
});
