import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { minerLimits, patternsConfig } from './config.ts';
import { PatternMiner } from './pattern-miner.ts';
import type { LearntTemplate, MinerLimits } from './pattern-miner.ts';

const defaults = minerLimits(
  Object.fromEntries(
    Object.entries(patternsConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
  ) as never,
);

class Mine {
  readonly miner: PatternMiner;
  readonly texts = new Map<string, string>();

  constructor(limits: Partial<MinerLimits> = {}) {
    this.miner = new PatternMiner({ ...defaults, ...limits });
  }

  id(message: string, service = 'shop', tenant = 'acme'): string {
    const bytes = Buffer.from(message);
    this.miner.find(bytes, 0, bytes.length, service.length, service.charCodeAt(0), tenant, () => service);
    for (const { id, pieces } of this.miner.drainLearnt()) this.texts.set(id, pieces.join(''));
    return (BigInt(this.miner.high) * 2n ** 32n + BigInt(this.miner.low)).toString(16).padStart(16, '0');
  }

  /** The template of the last of the lines. */
  text(...messages: string[]): string | undefined {
    let id = '';
    for (const message of messages) id = this.id(message);
    return this.texts.get(id);
  }
}

const none = '0'.repeat(16);

/** Lines of one statement, and its template after all of them. */
const grouped: readonly (readonly [template: string, ...lines: string[]])[] = [
  ['user <*> logged in from <*>', 'user 17 logged in from 10.0.0.1:443', 'user 4 logged in from 10.0.0.2:80'],
  ['session closed for user <*>', 'session closed for user root', 'session closed for user news', 'session closed for user cyrus'],
  ['took <*> to read <*>', 'took 15 ms to read 3 KB', 'took 1.2 s to read 10.7 MB'],
  ['sent <*> bytes in all', 'sent 10 bytes in all', 'sent 1504 bytes (1.47 KB) in all'],
  ['at <*> the clock struck', 'at 12:30:07 the clock struck', 'at 12:30:07.123 the clock struck'],
  ['nodes <*> are down', 'nodes 1, 2, 3 are down', 'nodes 7 are down'],
  ['deleting blk_<*>', 'deleting blk_-1608999', 'deleting blk_42', 'deleting blk_1 blk_2 blk_3'],
  ['link of <*> lost', 'link of 00:1b:44:11:3a:b7 lost', 'link of aa:bb:cc:dd:ee:ff lost', 'link of fe80::1 lost'],
  ['key <*> is gone', 'key deadbeefcafe is gone', 'key 0x1f is gone', 'key 550e8400-e29b-41d4-a716-446655440000 is gone'],
  ['open proxy <*> for us', 'open proxy a.example.com:80 for us', 'open proxy b.example.com:443 for us', 'open proxy 10.0.0.1:80 for us'],
  ['cannot read <*> now', 'cannot read /var/lib/a now', 'cannot read /usr/share/b/c now'],
  ['logged out rhost=<*> user=<*>', 'logged out rhost= user=x', 'logged out rhost=a.b.c user=y'],
  ['jk2_init() Found child <*> in slot <*>', 'jk2_init() Found child 6725 in slot 10', 'jk2_init() Found child 6726 in slot 8'],
  ['attempt_<*> is done', 'attempt_1445087491445_0005 is done', 'attempt_2 is done'],
  ['failed with status <*>', 'failed with status 1\n  at a.b (c.js:1)', 'failed with status 2\n  at x'],
];

for (const [template, ...lines] of grouped) {
  test(`one template: ${template}`, () => {
    const mine = new Mine();
    const ids = new Set(lines.map((line) => mine.id(line)));
    assert.equal(ids.size, 1, [...ids].map((id) => mine.texts.get(id)).join(' | '));
    assert.equal(mine.texts.get([...ids][0]), template);
  });
}

const apart: readonly (readonly string[])[] = [
  ['task 1 changed from NEW to RUNNING', 'task 2 changed from RUNNING to FAILED'],
  ['instance 5 started by the operator', 'instance 5 stopped by the operator'],
  ['GET /a/b/1 took 5 ms', 'POST /a/b/2 took 7 ms'],
  ['connection opened', 'connection opened again'],
  ['java.io.IOException: disk is full', 'java.lang.NullPointerException: disk is full'],
];

for (const lines of apart) {
  test(`templates of their own: ${lines.join(' | ')}`, () => {
    const mine = new Mine();
    assert.equal(new Set(lines.map((line) => mine.id(line))).size, lines.length);
  });
}

test('what has no token has no pattern', () => {
  const mine = new Mine();
  for (const message of ['', '   ', '-----', '...', '\n after the first line']) assert.equal(mine.id(message), none, message);
});

test('an id is the same from every worker, in every order, after a restart; tenants have their own', () => {
  const lines = ['user 17 logged in', 'disk sda is full', 'user 18 logged in', 'cache miss for key a:1'];
  const first = new Mine();
  const ids = lines.map((line) => first.id(line));
  const second = new Mine();
  assert.deepEqual(
    lines.toReversed().map((line) => second.id(line)),
    ids.toReversed(),
  );
  assert.notEqual(new Mine().id(lines[0], 'shop', 'other'), ids[0]);
  assert.equal(new Mine().id('user 1 logged in', 'billing'), ids[0]);
});

test('a template that became general stays it over a restart, under the id of its birth', () => {
  const before = new PatternMiner(defaults);
  const learnt = new Map<string, LearntTemplate>();
  for (const user of ['root', 'news', 'cyrus']) {
    const bytes = Buffer.from(`session closed for user ${user}`);
    before.find(bytes, 0, bytes.length, 1, 2, 'acme', () => 'sshd');
    for (const template of before.drainLearnt()) learnt.set(template.id, template);
  }
  assert.equal(learnt.size, 1);
  const after = new Mine();
  after.miner.restore(structuredClone([...learnt.values()]));
  assert.equal(after.id('session closed for user test', 'sshd'), [...learnt.keys()][0]);
});

test('bounds: no further template where there is room for no more, and those that are known go on', () => {
  const mine = new Mine({ maxTemplatesPerService: 2, maxServices: 1 });
  const first = mine.id('alpha one');
  mine.id('beta two');
  assert.equal(mine.id('gamma three'), none);
  assert.equal(mine.id('alpha one'), first);
  assert.equal(mine.id('delta four', 'billing'), none);
  assert.equal(mine.miner.overflowing, 2);
});

test('a value that is always new fills no more than the branches of one position', () => {
  const mine = new Mine();
  const letters = (i: number): string => [i % 26, Math.floor(i / 26) % 26].map((n) => String.fromCharCode(97 + n)).join('') + 'zz';
  for (let i = 0; i < 600; i++) mine.id(`user ${letters(i)} logged in after ${i} attempts on the host`);
  assert.ok(mine.miner.templates < 40, String(mine.miner.templates));
});

test('property: any bytes give the same id again, whatever came between', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 }), (messages) => {
      const miner = new PatternMiner(defaults);
      const idOf = (bytes: Uint8Array): string => {
        miner.find(bytes, 0, bytes.length, 1, 2, 'acme', () => 's');
        return `${miner.high}:${miner.low}`;
      };
      const ids = messages.map(idOf);
      assert.deepEqual(messages.map(idOf), ids);
    }),
    { numRuns: 300 },
  );
});
