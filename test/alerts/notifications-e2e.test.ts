/**
 * From a line to a person, in a running product: rule → line → incident → webhook and mail, with kill -9 between. Everybody is told
 * of each change of state; what is told twice is the same message with the same id, and only where a kill met its delivery.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { signatureOf } from '#alerting/channels/webhook.ts';
import { productEnvironment } from '../faults/kill-nine.ts';
import { eventually, Product, temporaryDirectory } from '../support/product.ts';
import { readMail } from './mail-reader.ts';
import { startService } from './service-server.ts';
import type { Service } from './service-server.ts';
import { startMailServer } from './smtp-server.ts';
import type { MailServer } from './smtp-server.ts';

const signingKey = 'a-key-of-the-webhook';
const flags = [
  '--canary.enabled=false',
  '--log.max_bytes=256MB',
  '--notifications.allow_private_addresses=true',
  '--notifications.public_url=https://logs.example.com',
  '--notifications.retry_first=100ms',
  '--notifications.delivery_timeout=30s',
];

interface Told {
  readonly id: string;
  readonly kind: string;
  readonly service: string;
  /** Of a mail: what it answers. */
  readonly inReplyTo?: string | undefined;
}

class Site {
  product!: Product;
  readonly hook: Service;
  readonly mail: MailServer;
  kills = 0;
  readonly #dataDirectory: string;

  constructor(dataDirectory: string, hook: Service, mail: MailServer) {
    this.#dataDirectory = dataDirectory;
    this.hook = hook;
    this.mail = mail;
  }

  static async open(t: TestContext): Promise<Site> {
    const directory = await temporaryDirectory('notifications');
    const site = new Site(directory, await startService(t, { status: 200 }), await startMailServer(t));
    t.after(() => site.product?.kill());
    await site.start();
    await site.put('channels/hook', { type: 'webhook', settings: { url: `${site.hook.url}/hook`, signing_key: signingKey } });
    const settings = { host: '127.0.0.1', port: site.mail.port, security: 'none', from: 'alerts@example.com', to: ['oncall@example.com'] };
    await site.put('channels/mail', { type: 'email', settings });
    const route = { channels: ['hook', 'mail'], group_by: ['...'], group_interval_ms: 0 };
    await site.put('routing', { routing: { route } });
    const condition = { kind: 'count', window_ms: 8000, operator: '>=', threshold: 2 };
    const answer = await site.product.post('/v1/alerts', {
      name: 'errors',
      severity: 'critical',
      filter: 'level:ERROR',
      group_by: ['service'],
      condition,
    });
    assert.equal(answer.status, 201, await answer.text());
    return site;
  }

  async start(): Promise<void> {
    this.product = await Product.start({ dataDirectory: this.#dataDirectory, flags, environment: productEnvironment() });
  }

  async killAndStart(): Promise<void> {
    await this.product.kill();
    this.kills += 1;
    await this.start();
  }

  async put(path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.product.url}/v1/notifications/${path}`, { method: 'PUT', headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Enough lines that the service fires; acknowledged when it returns. */
  async fail(service: string): Promise<void> {
    const line = { timestamp: new Date().toISOString(), level: 'ERROR', service, message: `charge failed: password=hunter2 in ${service}` };
    const answer = await this.product.post('/v1/logs/ingest', { logs: [line, line] });
    assert.equal(answer.status, 202);
  }

  posts(): Told[] {
    return this.hook.requests.map(({ body }) => {
      const { id, kind, incidents } = JSON.parse(body);
      return { id, kind, service: incidents[0].group.service };
    });
  }

  mails(): Told[] {
    return this.mail.mails.map(({ raw }) => {
      const mail = readMail(raw);
      const [, service = ''] = /\bservice\s+(\S+)/.exec(mail.part('text/plain')) ?? [];
      return {
        id: mail.header('message-id') ?? '',
        kind: mail.header('x-millrace-kind') ?? '',
        service,
        inReplyTo: mail.header('in-reply-to'),
      };
    });
  }

  /** Both channels have told of it. */
  async told(kind: string, service: string): Promise<void> {
    const isIn = (all: readonly Told[]): boolean => all.some((told) => told.kind === kind && told.service === service);
    await eventually(
      async () => [this.posts(), this.mails()],
      (both) => both.every(isIn),
      60_000,
    );
  }
}

/** One id for each change of state, and no more repetitions than kills. */
function assertToldOnce(all: readonly Told[], expected: readonly string[], kills: number): void {
  const idsOf = Map.groupBy(all, ({ service, kind }) => `${service} ${kind}`);
  assert.deepEqual([...idsOf.keys()].toSorted(), expected.toSorted());
  for (const [change, told] of idsOf) assert.equal(new Set(told.map(({ id }) => id)).size, 1, `${change} is one message`);
  assert.ok(all.length - idsOf.size <= kills, `${all.length} messages about ${idsOf.size} changes after ${kills} kills`);
}

test('from a line to a webhook and a mail, with kills between', { timeout: 420_000 }, async (t) => {
  const site = await Site.open(t);

  await site.fail('calm');
  const acknowledgedMs = performance.now();
  await site.told('fired', 'calm');
  t.diagnostic(`told ${Math.round(performance.now() - acknowledgedMs)} ms after the line was acknowledged`);
  checkFirst(site);
  // the delivery log says so before anything dies: what is written down there is never sent again
  await eventually(
    async () => (await (await fetch(`${site.product.url}/v1/notifications/deliveries?state=delivered`)).json()) as { deliveries: object[] },
    ({ deliveries }) => deliveries.length >= 2,
  );
  await site.killAndStart();

  await site.fail('killed-at-once');
  await site.killAndStart();
  await site.told('fired', 'killed-at-once');

  site.hook.next.push('stall');
  const before = site.hook.requests.length;
  await site.fail('killed-in-delivery');
  await eventually(
    async () => site.posts().slice(before),
    (posts) => posts.some(({ service }) => service === 'killed-in-delivery'),
  );
  await site.killAndStart();
  await site.told('fired', 'killed-in-delivery');

  site.hook.next.push({ status: 503 }, 'drop');
  site.mail.faults.push({ at: 'mail', what: { reply: '451 4.3.0 later' } });
  await site.fail('tried-again');
  await site.told('fired', 'tried-again');

  const services = ['calm', 'killed-at-once', 'killed-in-delivery', 'tried-again'];
  for (const service of services) await site.told('resolved', service);
  const changes = services.flatMap((service) => [`${service} fired`, `${service} resolved`]);
  // two attempts of `tried-again` failed by our own doing
  assertToldOnce(site.posts(), changes, site.kills + 2);
  const mails = site.mails();
  assertToldOnce(mails, changes, site.kills);
  for (const service of services) {
    const [fired, resolved] = ['fired', 'resolved'].map((kind) => mails.find((mail) => mail.service === service && mail.kind === kind));
    assert.equal(resolved?.inReplyTo, fired?.id, `${service}: the thread outlives the process`);
  }
});

/** What the first of each says. */
function checkFirst({ hook, mail }: Site): void {
  const [{ body, headers }] = hook.requests;
  const signature = String(headers['millrace-signature']);
  const [, time] = /^t=(\d+),/.exec(signature) ?? [];
  assert.equal(signature, signatureOf(body, [signingKey], Number(time)));
  const { incidents, severity } = JSON.parse(body);
  assert.equal(severity, 'critical');
  assert.equal(incidents[0].group.service, 'calm');
  assert.equal(incidents[0].samples[0].message, 'charge failed: password=[masked] in calm');
  assert.match(incidents[0].lines_url, /^https:\/\/logs\.example\.com\//);
  const read = readMail(mail.mails[0].raw);
  assert.match(read.header('subject') ?? '', /^FIRING: .*errors/);
  assert.match(read.part('text/plain'), /charge failed: password=\[masked\] in calm/);
}
