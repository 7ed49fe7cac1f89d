/** What the editor of alert rules begins with is a rule that the server takes: recipes, and a fresh condition of every kind. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Compile } from 'typebox/compile';
import { alertRuleBody } from '#alerting/alert-rule.ts';
import { conditionKinds, isAlertRule } from '../../web/src/alerts/rule-model.ts';
import { kindNames, ofKind } from '../../web/src/pages/alerts/rules/condition-defaults.ts';
import { beginning, recipes } from '../../web/src/pages/alerts/rules/recipes.ts';

const model = Compile(alertRuleBody);

test('every recipe is a rule of the model', () => {
  assert.ok(recipes.length >= 8);
  for (const { name, rule } of recipes) {
    assert.deepEqual([...model.Errors(rule)], [], name);
    assert.ok(isAlertRule(rule), name);
    assert.equal(beginning(name, ''), rule);
  }
  assert.equal(beginning('no such recipe', 'level:ERROR').filter, 'level:ERROR');
});

test('a condition of each kind, also one that was of another kind before', () => {
  assert.deepEqual(
    kindNames.map(([kind]) => kind),
    conditionKinds,
    'each kind has a name in the form',
  );
  for (const kind of conditionKinds) {
    for (const before of [undefined, ...conditionKinds.map((one) => ({ ...ofKind(one), filter: 'service:a' }))]) {
      const condition = ofKind(kind, before);
      assert.deepEqual([...model.Errors({ name: 'a', condition })], [], `${before?.kind} to ${kind}`);
      if (before !== undefined) assert.equal(condition.filter, 'service:a');
    }
  }
});
