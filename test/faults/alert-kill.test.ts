/**
 * kill -9 of a running product while lines come that make alert rules fire: at every point of their evaluation that can be seen
 * from outside. What is recorded at the end is what an evaluation without kills records: each incident, once; and a webhook is told
 * of each once too, or again under the same id where the kill came between the message and the note that it was taken.
 * (The points inside one process are in test/consumers/alert-evaluation.test.ts.)
 */
import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
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
/** The window is longer than the test: nothing is over before its rule is removed at the end, however slow the machine is. */
const condition = { kind: 'count', window_ms: 1_800_000, operator: '>=', threshold: 4 };

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
  readonly #ruleIds: string[] = [];
  readonly #dataDirectory: string;

  private constructor(dataDirectory: string, hook: Hook) {
    this.#dataDirectory = dataDirectory;
    this.hook = hook;
  }

  static async start(t: TestContext): Promise<AlertRun> {
    const run = new AlertRun(await temporaryDirectory('alert-kill'), await Hook.open(t));
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
      const text = await answer.text();
      assert.equal(answer.status, 201, text);
      run.#ruleIds.push((JSON.parse(text) as { id: string }).id);
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

  async removeRules(): Promise<void> {
    for (const id of this.#ruleIds) {
      const answer = await fetch(`${this.product.url}/v1/alerts/${id}`, { method: 'DELETE' });
      assert.equal(answer.status, 200, await answer.text());
    }
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
    await this.#killStarting();
    return this.start();
  }

  /** Again, somewhere between the opening of its records and the end of what it reads again. */
  async #killStarting(): Promise<void> {
    const ownerPath = join(this.#dataDirectory, 'owner.json');
    const owner = async (): Promise<number> => (JSON.parse(await readFile(ownerPath, 'utf8').catch(() => '{}')) as { pid: number }).pid;
    const before = await owner();
    const opened = this.#seenInAlerts((name) => name.startsWith('alerts.db'));
    const options = { dataDirectory: this.#dataDirectory, flags, environment: productEnvironment() };
    const outcome = Product.start(options).catch(() => undefined);
    const pid = await eventually(owner, (now) => now !== undefined && now !== before);
    await opened;
    await sleep(Math.random() * 1500);
    process.kill(-pid, 'SIGKILL');
    await outcome;
  }

  async #recorded(): Promise<void> {
    const group = `service-${this.groups - 1}`;
    await eventually(
      () => this.incidents(),
      (incidents) => incidents.some((incident) => incident.group['service'] === group),
    );
  }

  /** The file that becomes the checkpoint is there for a moment. */
  async #checkpointBegins(): Promise<void> {
    const begins = this.#seenInAlerts((name) => name === 'checkpoint.tmp');
    await this.newGroup();
    await begins;
  }

  #seenInAlerts(isIt: (name: string) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watcher = watch(join(this.#dataDirectory, 'alerts'), (_, name) => {
        if (name === null || !isIt(name)) return;
        watcher.close();
        resolve();
      });
    });
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

test('after kills at every point each group has fired and resolved once', { timeout: 420_000 }, async (t) => {
  const run = await AlertRun.start(t);
  const moments: Moment[] = ['before a record', 'after a record', 'in a checkpoint', 'in a replay'];
  for (const moment of moments) {
    await run.newGroup();
    await sleep(Math.random() * 700);
    await run.killAt(moment);
    await run.newGroup();
  }
  await run.evaluated();
  const incidents = await eventually(
    () => run.incidents(),
    (found) => found.length === 2 * run.groups && found.every(({ state }) => state === 'firing'),
  );
  const ids = incidents.map(({ id }) => id);
  await eventually(
    async () => ids.filter((id) => !run.hook.firedIds.has(id)),
    (untold) => untold.length === 0,
  );
  await run.removeRules();
  await eventually(
    () => run.incidents(),
    (found) => found.every(({ state }) => state === 'resolved'),
  );
  const expected = Array.from({ length: run.groups }, (_, index) => [
    `errors service-${index} fired resolved`,
    `held service-${index} pending fired resolved`,
  ]);
  assert.deepEqual(await run.histories(), expected.flat().toSorted());
  assert.deepEqual([...run.hook.firedIds.keys()].toSorted(), ids.toSorted(), 'nothing else was told');
  for (const [id, messages] of run.hook.firedIds) assert.equal(messages.size, 1, `incident ${id} was told by ${messages.size} messages`);
  const { alerts } = await run.product.status();
  assert.deepEqual([alerts.missed_batches, alerts.unreadable_batches], [0, 0]);
  await run.product.stop();
});
