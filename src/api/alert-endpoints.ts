/** Endpoints about alert rules: the shapes of designs A, B and C over one model. Part of endpoints.ts. */
import type { TSchema } from 'typebox';
import * as schemas from './alert-schemas.ts';
import type { ServedEndpoint } from './route.ts';

type Facts = Pick<ServedEndpoint, 'summary'> & Partial<Pick<ServedEndpoint, 'description' | 'body' | 'bodyExample' | 'access'>>;

/** Every key that may read may see and try rules; changing them needs one that may send lines too. */
function alert(method: ServedEndpoint['method'], path: string, operationId: string, answer: TSchema, facts: Facts): ServedEndpoint {
  const access = method === 'GET' ? 'read' : 'read-and-ingest';
  const isCreation = operationId.startsWith('alertCreate');
  const ofOne = path.includes('{id}') ? { pathParameters: { id: 'Id of the rule.' } } : {};
  const response = { description: isCreation ? 'The rule as it is kept.' : 'As it is now.', schema: answer };
  return { method, path, operationId, tag: 'alerts', access, ...facts, ...ofOne, responses: { [isCreation ? 201 : 200]: response } };
}

const actions = [{ type: 'pagerduty', severity: 'critical' }];
const description =
  'Takes the model and the shapes of all designs alike; docs/alerting.md has recipes. What is wrong is said with its place in the rule.';

export const alertEndpoints = {
  alertCreateA: alert('POST', '/v1/alerts/rules', 'alertCreateA', schemas.ruleAnswer, {
    summary: 'Make an alert rule (design A)',
    description,
    body: schemas.ruleBody,
    bodyExample: {
      name: 'Payment errors spike',
      query: 'level:ERROR AND service:payment-service',
      condition: { threshold: 100, window: '5m', operator: '>' },
      actions,
    },
  }),
  alertCreateB: alert('POST', '/api/v1/alerts/rules', 'alertCreateB', schemas.ruleAnswerB, {
    summary: 'Make an alert rule (design B)',
    description,
    body: schemas.ruleBody,
    bodyExample: {
      name: 'Payment Errors Spike',
      condition: { service: 'payment-service', level: 'ERROR', threshold: 100, window_seconds: 300, aggregation: 'count' },
      action: { type: 'webhook', url: 'https://hooks.example.com/alerts' },
    },
  }),
  alertCreateC: alert('POST', '/v1/alerts', 'alertCreateC', schemas.ruleAnswer, {
    summary: 'Make an alert rule (design C)',
    description,
    body: schemas.ruleBody,
    bodyExample: {
      name: 'Payment errors spike',
      condition: { filter: { service: 'payment-service', level: 'ERROR' }, threshold: 100, window: '5m', comparison: 'above' },
      actions: [...actions, { type: 'slack', channel: '#payments-oncall' }],
      cooldown: '15m',
    },
  }),
  alerts: alert('GET', '/v1/alerts', 'alerts', schemas.rulesAnswer, { summary: 'All alert rules with their states' }),
  alertsA: alert('GET', '/v1/alerts/rules', 'alertsA', schemas.rulesAnswer, {
    summary: 'All alert rules with their states, as GET /v1/alerts',
  }),
  alertCheck: alert('POST', '/v1/alerts/rules/check', 'alertCheck', schemas.ruleCheckAnswer, {
    summary: 'What is wrong with an alert rule, and how the model has it; nothing is kept',
    access: 'read',
    body: schemas.ruleCheckBody,
  }),
  alertTest: alert('POST', '/v1/alerts/rules/test', 'alertTest', schemas.ruleTestAnswer, {
    summary: 'What an alert rule makes of given lines; nothing is kept',
    access: 'read',
    body: schemas.ruleTestBody,
  }),
  alertBacktest: alert('POST', '/v1/alerts/rules/backtest', 'alertBacktest', schemas.ruleBacktestAnswer, {
    summary: 'When an alert rule would have fired in the past, and how often; nothing is kept',
    description: 'The stored lines of the range pass the evaluator in the order of their times, and its window before the range.',
    access: 'read',
    body: schemas.ruleBacktestBody,
  }),
  alertApply: alert('POST', '/v1/alerts/rules/apply', 'alertApply', schemas.rulesApplyAnswer, {
    summary: 'Make the alert rules what a list says, or say what that would change',
    description: 'Nothing is changed where any of the rules is wrong.',
    body: schemas.rulesApplyBody,
  }),
  alert: alert('GET', '/v1/alerts/{id}', 'alert', schemas.ruleAnswer, { summary: 'One alert rule with its state' }),
  alertPut: alert('PUT', '/v1/alerts/{id}', 'alertPut', schemas.ruleAnswer, {
    summary: 'Change an alert rule',
    body: schemas.ruleChangeBody,
  }),
  alertDelete: alert('DELETE', '/v1/alerts/{id}', 'alertDelete', schemas.removedAnswer, {
    summary: 'Remove an alert rule; its open incidents resolve',
  }),
  alertVersions: alert('GET', '/v1/alerts/{id}/versions', 'alertVersions', schemas.versionsAnswer, {
    summary: 'All versions of an alert rule, and who made them',
  }),
  alertMute: alert('POST', '/v1/alerts/{id}/mute', 'alertMute', schemas.ruleAnswer, {
    summary: 'Tell nobody of the incidents of an alert rule for a time',
    body: schemas.muteBody,
    bodyExample: { for: '2h' },
  }),
  alertUnmute: alert('POST', '/v1/alerts/{id}/unmute', 'alertUnmute', schemas.ruleAnswer, { summary: 'Tell of its incidents again' }),
  alertEnable: alert('POST', '/v1/alerts/{id}/enable', 'alertEnable', schemas.ruleAnswer, { summary: 'Evaluate an alert rule' }),
  alertDisable: alert('POST', '/v1/alerts/{id}/disable', 'alertDisable', schemas.ruleAnswer, {
    summary: 'Do not evaluate an alert rule; its open incidents resolve',
  }),
} as const satisfies Record<string, ServedEndpoint>;
