/** Bodies about alert rules, read: what a rule itself says is read by #alerting/rule-input.ts, which takes more than a schema says. */
import { Type } from 'typebox';
import { ruleBacktestBody, ruleTestBody, rulesApplyBody } from './alert-schemas.ts';
import { createRequestReader } from './request-reader.ts';

const closed = { additionalProperties: false } as const;

export const readRulesApply = createRequestReader(
  Type.Object({ ...rulesApplyBody.properties, rules: Type.Array(Type.Unknown()) }, closed),
  'the body',
);
export const readRuleTest = createRequestReader(Type.Object({ ...ruleTestBody.properties, rule: Type.Unknown() }, closed), 'the body');
export const readRuleBacktest = createRequestReader(
  Type.Object({ ...ruleBacktestBody.properties, rule: Type.Unknown() }, closed),
  'the body',
);
