import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meaningOfIndex } from './index-name.ts';

const table: readonly (readonly [index: string, service: string, environment: string])[] = [
  ['payments', 'payments', ''],
  ['payments-2025.07.15', 'payments', ''],
  ['payments-2025-07-15', 'payments', ''],
  ['payments-20250715', 'payments', ''],
  ['payments_2025.07', 'payments', ''],
  ['payments-2025', 'payments', ''],
  ['payments-2025.w29', 'payments', ''],
  ['payments-2025.07.15.13', 'payments', ''],
  ['payments.2025.07.15', 'payments', ''],
  ['logstash-2025.07.15-000001', 'logstash', ''],
  ['filebeat-9.1.0-2025.07.15', 'filebeat', ''],
  ['filebeat-9.1.0', 'filebeat', ''],
  ['filebeat-8.19.0-SNAPSHOT-2025.07.15-000003', 'filebeat', ''],
  ['<logstash-{now/d}-000001>', 'logstash', ''],
  ['<my-app-{now/d{yyyy.MM.dd|+02:00}}>', 'my-app', ''],
  ['logs-checkout-production', 'checkout', 'production'],
  ['logs-checkout-default', 'checkout', ''],
  ['logs-checkout.api-staging', 'checkout.api', 'staging'],
  ['logs-my-service-eu_prod', 'my-service', 'eu_prod'],
  ['.ds-logs-checkout-production-2025.07.15-000001', 'checkout', 'production'],
  ['logs-2025.07.15', 'logs', ''],
  ['logs-app', 'logs-app', ''],
  ['app-v2', 'app-v2', ''],
  ['port-8080', 'port-8080', ''],
  ['', '', ''],
];

for (const [index, service, environment] of table) {
  test(`"${index}"`, () => assert.deepEqual(meaningOfIndex(index), { service, environment }));
}

test('an index name of any length takes no time', () => {
  for (const part of ['-', '{', '{a', '-2025', '-000001', 'logs-', '}{', '.', '-1.1.1']) {
    meaningOfIndex(part.repeat(16_384 / part.length));
  }
});
