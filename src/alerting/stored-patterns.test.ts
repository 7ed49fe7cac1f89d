/** What rules are given of the catalogue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredTemplate } from '#metadata/pattern-templates.ts';
import { needsPatterns, StoredPatterns } from './stored-patterns.ts';

const template = (id: string, services: readonly string[], firstSeenMs: number, more: Partial<StoredTemplate> = {}): StoredTemplate => ({
  tenant: 't',
  id,
  services,
  pieces: [],
  kinds: '',
  firstSeenMs,
  ...more,
});

test('patterns of the tenant before a time; an alias is known where the template that stands for it is', () => {
  const patterns = new StoredPatterns();
  patterns.replace([template('gone', ['x'], 1)]);
  patterns.replace([
    template('a', ['pay', 'web'], 5),
    template('b', ['shop'], 6, { aliasOf: 'a' }),
    template('c', ['pay'], 10),
    template('d', ['pay'], 1, { tenant: 'u' }),
    template('e', ['pay'], 9, { aliasOf: 'lost' }),
  ]);
  assert.deepEqual(
    [...patterns.before('t', 10)],
    [
      { id: 'a', services: ['pay', 'web'], firstSeenMs: 5 },
      { id: 'b', services: ['shop', 'pay', 'web'], firstSeenMs: 6 },
      { id: 'e', services: ['pay'], firstSeenMs: 9 },
    ],
  );
  assert.deepEqual([...patterns.before('nobody', 10)], []);
});

test('rules of the kind, also in a combination', () => {
  const newPattern = { kind: 'new_pattern', window_ms: 1000 } as const;
  const absence = { kind: 'absence', window_ms: 1000 } as const;
  assert.equal(needsPatterns({ condition: newPattern }), true);
  assert.equal(needsPatterns({ condition: absence }), false);
  assert.equal(needsPatterns({ condition: { kind: 'all', conditions: [absence, newPattern] } }), true);
  assert.equal(needsPatterns({ condition: { kind: 'any', conditions: [absence, absence] } }), false);
});
