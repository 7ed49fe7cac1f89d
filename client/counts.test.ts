/**
 * Whatever the server does, every line is counted once, nothing that was acknowledged is lost or sent again under
 * another id, and a batch that is sent again is the same to the byte.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Client } from './declarations/index.d.ts';
import { ScriptedServer } from './scripted-fetch.test-support.ts';
import type { Reply } from './scripted-fetch.test-support.ts';

type Step =
  | { readonly do: 'log'; readonly lines: number; readonly level: string; readonly size: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'flush' }
  | { readonly do: 'junk' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('log' as const),
      lines: fc.integer({ min: 1, max: 40 }),
      level: fc.constantFrom('DEBUG', 'INFO', 'WARN', 'ERROR'),
      size: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 5000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('junk' as const) }) },
);

/** What the server does with a request: a reply, a bound on records, or a refusal of the first record. */
type Mood = Reply | 'take' | { readonly atMost: number } | 'refuse one';

const mood: fc.Arbitrary<Mood> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Mood>('take') },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Mood>(
      'taken unheard',
      'reset',
      'silence',
      { status: 500 },
      { status: 429, headers: { 'retry-after': '2' } },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Mood>({ status: 400 }, { status: 200, body: 'someone else' }, { atMost: 1 }, { atMost: 7 }, 'refuse one'),
  },
);

/** Ids of lines are their messages' first words. */
const idOf = ({ msg }: Record<string, any>): string => String(msg).split(' ')[0];

class World {
  readonly failedIds = new Set<string>();
  readonly server: ScriptedServer;
  readonly client: Client;
  #number = 0;

  constructor(moods: readonly Mood[]) {
    this.server = new ScriptedServer((arrival, number) => {
      // a batch that was taken already is acknowledged, whatever else the server would do
      const mood = this.server.taken.has(arrival.id) ? 'take' : (moods[number - 1] ?? 'take');
      if (arrival.logs === undefined || mood === 'take') return undefined;
      if (typeof mood === 'object' && 'atMost' in mood) {
        if (arrival.logs.length <= mood.atMost) return undefined;
        if (arrival.logs.length === 1) this.failedIds.add(idOf(arrival.logs[0]));
        return { status: 413 };
      }
      if (mood === 'refuse one') {
        this.failedIds.add(idOf(arrival.logs[0]));
        this.server.taken.set(arrival.id, { ...arrival, logs: arrival.logs.slice(1) });
        return { status: 202, body: { accepted: arrival.logs.length - 1, failed: 1, lag_hint: 'critical' } };
      }
      if (typeof mood === 'object' && mood.status === 400) for (const record of arrival.logs) this.failedIds.add(idOf(record));
      return mood;
    });
    this.client = this.server.client({
      maxBatchLines: 20,
      maxBatchBytes: 4000,
      maxBufferBytes: 20_000,
      requestTimeoutMs: 3000,
      maxRetryDelayMs: 2000,
    });
  }

  async run(step: Step): Promise<void> {
    if (step.do === 'wait') return this.server.clock.advance(step.ms);
    if (step.do === 'flush') return void this.client.flush(1000);
    if (step.do === 'junk') return this.client.sendLine(`id${this.#number++} is not JSON`);
    for (let n = 0; n < step.lines; n++) this.client.log(step.level, `id${this.#number++} ${'x'.repeat(step.size)}`);
  }

  checkCounts(): void {
    const { logged, sent, failed, dropped, buffered, bufferedBytes } = this.client.stats;
    assert.equal(sent + failed + dropped + buffered, logged);
    assert.ok(bufferedBytes <= 20_000 + 500, `${bufferedBytes} bytes are buffered`);
  }

  get logged(): number {
    return this.#number;
  }
}

test('nothing acknowledged is lost or sent under a new batch id, and the counts add up', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 30 }),
    fc.array(mood, { minLength: 5, maxLength: 30 }),
    async (steps, moods) => {
      const world = new World(moods);
      for (const step of steps) {
        await world.run(step);
        world.checkCounts();
      }
      const closed = world.client.close(600_000);
      await world.server.clock.advance(600_000);
      assert.equal(await closed, true, 'the server takes everything in the end');
      checkEnd(world);
    },
  );
  await fc.assert(property, { numRuns: 500 });
});

function checkEnd(world: World): void {
  const { server, client, failedIds } = world;
  world.checkCounts();
  const stored = server.records.map(idOf);
  const own = stored.filter((id) => id === 'log').length;
  const lines = stored.filter((id) => id !== 'log');
  assert.equal(new Set(lines).size, lines.length, 'no line is stored twice');
  assert.deepEqual(
    lines.filter((id) => failedIds.has(id)),
    [],
    'no line is stored that the sender was told has failed',
  );
  const { logged, sent, failed, dropped, buffered } = client.stats;
  assert.equal(buffered, 0);
  assert.equal(sent, stored.length);
  const ownFailed = failedIds.delete('log') ? failed - failedIds.size : 0;
  assert.equal(failed, failedIds.size + ownFailed);
  assert.equal(logged, world.logged + own + ownFailed);
  assert.equal(lines.length + failedIds.size + dropped, world.logged);

  const reported = [...server.taken.values()].flatMap(({ logs }) => logs.map(({ meta }) => meta?.['millrace.dropped'] ?? 0));
  if (ownFailed === 0)
    assert.equal(
      reported.reduce((sum, count) => sum + count, 0),
      dropped,
      'all drops are reported',
    );

  const bodies = new Map<string, string>();
  for (const { id, body } of server.arrivals) {
    assert.equal(body, bodies.get(id) ?? body, 'a batch never changes');
    bodies.set(id, body);
  }
}
