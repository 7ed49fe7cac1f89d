/**
 * The kinds about silence, sequences, patterns and volume in a running product: from a line that is sent to an incident that is
 * listed, and over a restart.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { eventually, Product, temporaryDirectory } from '../support/product.ts';

interface ListedIncident {
  readonly rule_name: string;
  readonly group: Readonly<Record<string, string>>;
  readonly state: string;
  readonly value?: number;
  readonly detail?: string;
}

interface SentLine {
  readonly service: string;
  readonly host?: string;
  readonly level?: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

const flags = ['--canary.enabled=false', '--log.max_bytes=256MB', '--alerts.lateness=1s', '--alerts.checkpoint_interval=1s'];

const rules = [
  { name: 'absence', filter: 'message:heartbeat', group_by: ['service'], condition: { kind: 'absence', window: '4s' } },
  { name: 'silent', condition: { kind: 'silent_source', source: 'host', minimum_silence: '4s', factor: 2, learn_ms: 0 } },
  {
    name: 'unanswered',
    condition: {
      kind: 'sequence',
      first: 'message:"order begun"',
      then: 'message:"order done"',
      key: 'order_id',
      within: '2s',
      expect: 'missing',
      window: '10m',
      operator: '>',
      threshold: 0,
    },
  },
  { name: 'new', filter: 'level:>=ERROR', group_by: ['service'], condition: { kind: 'new_pattern', window: '3s', learn_ms: 0 } },
  { name: 'budget', group_by: ['service'], condition: { kind: 'budget', unit: 'lines', period: 'day', threshold: 1000, warn_at: 0.005 } },
];

function storedPatterns(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare('SELECT count(*) AS count FROM templates').get()?.['count']);
  } finally {
    database.close();
  }
}

test('each kind tells what it is for, and nothing else', { timeout: 420_000 }, async (t) => {
  const dataDirectory = await temporaryDirectory('alert-kinds');
  let product = await Product.start({ dataDirectory, flags });
  t.after(() => product.kill());

  const send = async (...lines: SentLine[]): Promise<void> => {
    const logs = lines.map((line) => ({ timestamp: new Date().toISOString(), level: 'INFO', ...line }));
    assert.equal((await product.post('/v1/logs/ingest', { logs })).status, 202);
  };
  const incidents = async (): Promise<ListedIncident[]> => {
    const answer = await fetch(`${product.url}/v1/incidents?limit=100`);
    return ((await answer.json()) as { incidents: ListedIncident[] }).incidents;
  };
  /** An incident of the rule about the group, which may be over by now. */
  const fired = (name: string, group: Readonly<Record<string, string>>): Promise<ListedIncident> =>
    eventually(
      async () => (await incidents()).find((one) => one.rule_name === name && isDeepStrictEqual(one.group, group)) as ListedIncident,
      (found) => found !== undefined,
    );

  // what came up longer than the window before the rule was made is not new
  const known: SentLine = { service: 'pay', level: 'ERROR', message: 'card 4711 declined' };
  await send(known, { service: 'pay', host: 'h1', message: 'an order came' });
  await eventually(
    async () => storedPatterns(join(dataDirectory, 'metadata', 'patterns.db')),
    (count) => count === 2,
  );
  await sleep(3500);
  for (const rule of rules) {
    const answer = await product.post('/v1/alerts/rules', rule);
    assert.equal(answer.status, 201, await answer.text());
  }
  await send(known, { service: 'beat', host: 'h2', message: 'the heartbeat' });
  // h1 goes on until the other host is missed
  let isTalking = true;
  const talk = (async (): Promise<void> => {
    for (; isTalking; await sleep(500)) await send({ service: 'other', host: 'h1', message: 'still here' });
  })();
  try {
    const shop = (order: string, message: string): SentLine => ({ service: 'shop', host: 'h1', message, metadata: { order_id: order } });
    await send(shop('o-1', 'order begun'), shop('o-2', 'order begun'), shop('o-1', 'order done'));

    const unanswered = await fired('unanswered', {});
    assert.deepEqual([unanswered.value, unanswered.detail], [1, 'order_id o-2']);
    await fired('absence', { service: 'beat' });
    await fired('silent', { host: 'h2' });
  } finally {
    isTalking = false;
    await talk;
  }
  await send({ service: 'pay', level: 'ERROR', message: 'ledger of account 17 out of balance' });
  const found = await fired('new', { service: 'pay' });
  assert.match(found.detail ?? '', /^pay: "ledger of account <\*> out of balance" \(pattern [0-9a-f]{16}\)$/);
  // at once: a day of the budget that ended between them would take some of them along
  await send(...Array.from({ length: 5 }, (_, i) => ({ service: 'loud', host: 'h1', message: `line ${i}` })));
  const told = await eventually(incidents, (all) => all.some((one) => one.rule_name === 'budget' && one.group['service'] === 'loud'));
  assert.match(told.find((one) => one.group['service'] === 'loud')?.detail ?? '', /^0.5 % of the budget of 1000 lines for the day/);

  // over a restart nothing is told twice, and what was known is known
  await product.stop();
  const before = await (async () => {
    product = await Product.start({ dataDirectory, flags });
    return incidents();
  })();
  await send({ service: 'pay', level: 'ERROR', message: 'ledger of account 18 out of balance' }, known);
  await send({ service: 'beat', host: 'h2', message: 'the heartbeat' });
  const after = await eventually(incidents, (all) => all.every((one) => one.rule_name !== 'absence' || one.state !== 'firing'));
  assert.deepEqual(
    after.filter(({ rule_name: name }) => name === 'new').length,
    before.filter(({ rule_name: name }) => name === 'new').length,
  );
});
