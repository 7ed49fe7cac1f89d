/** new_pattern: what is new, where, and for how long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConditionContext, ConditionState, KnownBefore } from '../condition-state.ts';
import { contextOf, feed, listening, throughDisk } from './matched-lines.test-support.ts';
import type { TestContext, TestLine } from './matched-lines.test-support.ts';
import { createNewPattern } from './new-pattern.ts';
import { PatternSet } from './pattern-set.ts';

const t0 = Date.UTC(2026, 2, 1);
const windowMs = 300_000;
const hourMs = 3_600_000;

const create = (context: TestContext, learnMs = 0): ConditionState =>
  listening(createNewPattern({ kind: 'new_pattern', window_ms: windowMs, learn_ms: learnMs }, context), context);

function contextWith(known: readonly KnownBefore[] = [], overrides: Partial<ConditionContext> = {}): TestContext {
  return contextOf({
    beganMs: () => t0,
    patternsBefore: (beforeMs) => known.filter(({ firstSeenMs }) => firstSeenMs < beforeMs),
    ...overrides,
  });
}

function take(state: ConditionState, ...lines: TestLine[]): void {
  feed(state, lines);
}

const valueAt = (state: ConditionState, tickMs: number, group = 0): number | undefined => state.judge(group, tickMs, false).value;

test('a new pattern is told with its template, for the window, and never again', () => {
  const state = create(contextWith());
  take(state, { atMs: t0, service: 'pay', pattern: 0x1234n, message: 'card 4711 declined after 30 ms' });
  const verdict = state.judge(0, t0 + 500, false);
  assert.deepEqual(verdict, {
    isMet: true,
    value: 1,
    hasData: true,
    detail: 'pay: "card <*> declined after <*>" (pattern 0000000000001234)',
  });
  assert.equal(state.nextChangeMs(0, t0 + 500), t0 + windowMs);
  take(state, { atMs: t0 + 1000, service: 'pay', pattern: 0x1234n, message: 'card 4712 declined after 31 ms' });
  assert.equal(valueAt(state, t0 + windowMs - 1), 1);
  assert.deepEqual(state.judge(0, t0 + windowMs, true), { isMet: false, value: 0, hasData: true, detail: undefined });
  take(state, { atMs: t0 + 2 * windowMs, service: 'pay', pattern: 0x1234n });
  assert.equal(valueAt(state, t0 + 2 * windowMs + 1), 0);
});

test('what one service has is new in another; lines without a service are one of their own', () => {
  const state = create(contextWith());
  take(
    state,
    { atMs: t0, service: 'a', pattern: 1n },
    { atMs: t0, service: 'b', pattern: 1n },
    { atMs: t0, pattern: 1n },
    { atMs: t0, service: 'a', pattern: 1n },
  );
  assert.equal(valueAt(state, t0 + 1), 3);
});

test('groups share what is known of a service', () => {
  const state = create(contextWith());
  take(state, { atMs: t0, group: 0, service: 'a', pattern: 1n }, { atMs: t0, group: 1, service: 'a', pattern: 1n });
  assert.deepEqual([valueAt(state, t0 + 1, 0), valueAt(state, t0 + 1, 1)], [1, 0]);
  state.drop(0);
  take(state, { atMs: t0 + 2, group: 0, service: 'a', pattern: 1n });
  assert.equal(valueAt(state, t0 + 3, 0), 0, 'a group that goes does not make its patterns new');
});

test('lines without a pattern say nothing', () => {
  const state = create(contextWith());
  take(state, { atMs: t0, service: 'a', pattern: 0n });
  assert.equal(valueAt(state, t0 + 1), 0);
});

test('what the catalogue had before the rule began is known; what it learned since is not', () => {
  const seen = (id: string, services: string[], firstSeenMs: number): KnownBefore => ({ id: id.padStart(16, '0'), services, firstSeenMs });
  const state = create(
    contextWith([
      seen('a', ['pay'], t0 - hourMs),
      seen('b', ['pay'], t0 + 5),
      seen('c', ['other'], t0 - hourMs),
      seen(
        'd',
        Array.from({ length: 100 }, (_, i) => `s${i}`),
        t0 - hourMs,
      ),
      seen('fedcba9876543210', ['pay'], t0 - hourMs),
    ]),
  );
  const patterns = [0xan, 0xbn, 0xcn, 0xdn, 0xfedc_ba98_7654_3210n];
  take(state, ...patterns.map((pattern) => ({ atMs: t0 + 10, service: 'pay', pattern })));
  const { value, detail } = state.judge(0, t0 + 11, false);
  assert.equal(value, 2, detail);
  assert.match(detail ?? '', /000c\).*000b\)/);
});

test('a service is learned since its first line, matching or not', () => {
  const context = contextWith();
  const state = create(context, hourMs);
  take(state, { atMs: t0, service: 'new', pattern: 1n });
  assert.equal(valueAt(state, t0 + 1), 0);
  take(state, { atMs: t0 + hourMs - 1, service: 'new', pattern: 2n });
  assert.equal(valueAt(state, t0 + hourMs), 0);
  take(state, { atMs: t0 + hourMs, service: 'new', pattern: 1n }, { atMs: t0 + hourMs, service: 'new', pattern: 3n });
  assert.equal(valueAt(state, t0 + hourMs + 1), 1);
  context.stream.serviceSinceMs = () => t0 - 2 * hourMs;
  take(state, { atMs: t0 + hourMs, service: 'calm until its first error', pattern: 4n });
  assert.equal(valueAt(state, t0 + hourMs + 1), 2);
});

test('a service that the catalogue knows long is not learned anew', () => {
  const state = create(contextWith([{ id: '000000000000000a', services: ['pay'], firstSeenMs: t0 - 2 * hourMs }]), hourMs);
  take(state, { atMs: t0 + 1, service: 'pay', pattern: 5n });
  assert.equal(valueAt(state, t0 + 2), 1);
});

test('when no more can be known, it is said once', () => {
  const context = contextWith();
  const state = create({ ...context, limits: { ...context.limits, maxKnownPatterns: 10 } });
  take(
    state,
    ...Array.from({ length: 500 }, (_, i) => ({ atMs: t0, service: 'a', pattern: BigInt(i + 1), message: `word${'x'.repeat(i)}` })),
  );
  const { value, detail } = state.judge(0, t0 + 1, false);
  assert.equal(value, 11);
  assert.match(detail ?? '', /^no further pattern is told: 10 are known, as many as "alerts.max_known_patterns" allows; .* and 8 more$/);
  take(state, { atMs: t0 + windowMs, service: 'a', pattern: 10_000n });
  assert.equal(valueAt(state, t0 + windowMs), 0);
  assert.ok(state.bytes < 10_000);
});

test('long messages are told short', () => {
  const state = create(contextWith());
  take(state, { atMs: t0, service: 'a', pattern: 1n, message: 'Wörter '.repeat(500) });
  assert.ok((state.judge(0, t0 + 1, false).detail ?? '').length < 300);
});

const line = fc.record({
  service: fc.constantFrom('a', 'b'),
  group: fc.nat(1),
  pattern: fc.bigInt({ min: 0n, max: 12n }),
  waitMs: fc.constantFrom(0, 1000, 200_000),
});

test('as the naive model, and through the disk at any point', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.nat(40), (lines, cut) => {
      const context = contextWith();
      let state = create(context, 10_000);
      const since = new Map<string, number>();
      const known = new Set<string>();
      const found: [atMs: number, group: number][] = [];
      let nowMs = t0;
      for (const [i, { service, group, pattern, waitMs }] of lines.entries()) {
        nowMs += waitMs;
        if (i === cut) state = throughDisk(state, create(context, 10_000), [0, 1]);
        take(state, { atMs: nowMs, service, group, pattern });
        if (pattern !== 0n) {
          if (!since.has(service)) since.set(service, nowMs);
          const name = `${service} ${pattern}`;
          if (!known.has(name) && nowMs >= (since.get(service) ?? 0) + 10_000) found.push([nowMs, group]);
          known.add(name);
        }
        for (const one of [0, 1]) {
          const expected = found.filter(([atMs, of]) => of === one && atMs > nowMs - windowMs).length;
          assert.equal(valueAt(state, nowMs, one), expected);
        }
      }
    }),
  );
});

test('a set of patterns against a Set', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
          fc.bigInt({ min: 1n, max: 40n }).map((n) => n << 32n),
        ),
        { maxLength: 300 },
      ),
      (ids) => {
        const set = new PatternSet();
        const model = new Set<bigint>();
        for (const id of ids) {
          const [low, high] = [Number(id & 0xffff_ffffn), Number(id >> 32n)];
          assert.equal(set.has(low, high), model.has(id));
          assert.equal(set.add(low, high), !model.has(id));
          model.add(id);
        }
        assert.equal(set.size, model.size);
        const restored = PatternSet.restore(set.save());
        assert.equal(restored.size, model.size);
        for (const id of model) assert.ok(restored.has(Number(id & 0xffff_ffffn), Number(id >> 32n)));
      },
    ),
  );
});
