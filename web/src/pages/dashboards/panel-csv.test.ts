import assert from 'node:assert/strict';
import { test } from 'node:test';
import { panelCsv } from './panel-csv.ts';

const time = '2026-01-02T14:00:00Z';

test('a panel over time has its time, groups and value; texts are quoted where they need it', () => {
  const buckets = [
    { time, group: { service: 'pay, "now"', level: 'ERROR' }, value: 0.125 },
    { time, group: { service: '', level: 'INFO' }, value: null },
  ];
  assert.equal(
    panelCsv({ kind: 'series', groupBy: ['service', 'level'], metric: 'error_rate' }, { buckets }),
    `time,service,level,error_rate\r\n${time},"pay, ""now""",ERROR,0.125\r\n${time},,INFO,\r\n`,
  );
});

test('ranks have no time, and a number neither time nor groups', () => {
  const buckets = [{ group: { service: 'a' }, value: 3 }];
  assert.equal(panelCsv({ kind: 'top', groupBy: ['service'], metric: 'count' }, { buckets }), 'service,count\r\na,3\r\n');
  assert.equal(panelCsv({ kind: 'number', groupBy: ['service'], metric: 'count' }, { buckets }), 'count\r\n3\r\n');
});
