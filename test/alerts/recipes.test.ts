/** Every recipe of docs/alerting.md is a rule that can be kept, without a warning, and that the evaluator takes. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { simpleCondition } from '#alerting/alert-rule.ts';
import type { AlertRuleBody } from '#alerting/alert-rule.ts';
import { alertsConfig } from '#alerting/config.ts';
import { Evaluator } from '#alerting/evaluator.ts';
import { checkRule } from '#alerting/rule-check.ts';
import { readRule } from '#alerting/rule-input.ts';
import { defaultQueryConfig } from '#language/config.ts';
import { defaultsOf } from '../support/config-defaults.ts';

const page = await readFile(new URL('../../docs/alerting.md', import.meta.url), 'utf8');
const recipes = page.slice(page.indexOf('## Recipes'), page.indexOf('## Trying a rule'));
const given = [...recipes.matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, text]) => {
  const parsed = parse(text) as { readonly rules?: readonly object[] } | readonly object[];
  return Array.isArray(parsed) ? (parsed as readonly object[]) : ((parsed as { readonly rules?: readonly object[] }).rules ?? [parsed]);
});

function bodyOf(rule: object): AlertRuleBody {
  const read = readRule(rule);
  assert.deepEqual(read.problems, undefined, JSON.stringify(rule));
  return read.body as AlertRuleBody;
}

test('every recipe is a rule without problems and warnings', () => {
  const config = defaultsOf(alertsConfig);
  for (const rule of given) {
    const body = bodyOf(rule);
    assert.deepEqual(checkRule(body, { config, queryConfig: defaultQueryConfig }), { problems: [], warnings: [] }, body.name);
  }
});

test('there is a recipe for every kind of condition', () => {
  const kinds = given.flatMap((rule) => {
    const { condition } = bodyOf(rule);
    return 'conditions' in condition ? [condition.kind, ...condition.conditions.map(({ kind }) => kind)] : [condition.kind];
  });
  const all = simpleCondition.anyOf.map(({ properties }) => properties.kind.const);
  assert.deepEqual(
    all.filter((kind) => kind !== 'rate' && !kinds.includes(kind)),
    [],
  );
  assert.ok(kinds.includes('all'));
});

test('the evaluator takes every recipe', () => {
  const evaluator = new Evaluator({ limits: defaultsOf(alertsConfig) });
  const rules = given.map((rule, index) => ({ id: `r${index}`, tenant: 't', version: 1, updatedMs: 0, updatedBy: '', body: bodyOf(rule) }));
  evaluator.setRules(rules, 0);
  evaluator.tick(1000);
  assert.deepEqual(
    evaluator.ruleStates().filter(({ state }) => state === 'failed'),
    [],
  );
  assert.equal(evaluator.ruleStates().length, given.length);
});
