import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rankOfJson, rankOfLevel } from './importance.mjs';

describe('importance', () => {
  const levels: [rank: number, levels: unknown[]][] = [
    [0, ['ERROR', 'error', 'Fatal', 'crit', 'FATAL4', 50, 60, 17, 24]],
    [1, ['WARN', 'warning', 'Warn', 40, 13]],
    [2, ['INFO', 'notice', 'nonsense', '', undefined, null, {}, 30, 35, 9]],
    [3, ['DEBUG', 'trace', 'silly', 'DEBUG2', 10, 20, 1, 8]],
  ];
  for (const [rank, spellings] of levels) {
    for (const level of spellings) test(`level ${JSON.stringify(level)}`, () => assert.equal(rankOfLevel(level), rank));
  }

  const lines: [json: string, rank: number][] = [
    ['{"level":30,"time":1}', 2],
    ['{"level":50,"time":1}', 0],
    ['{"level":"debug","time":1}', 3],
    ['{"time":1,"level":"WARN"}', 1],
    ['{"time":1,"msg":"\\"level\\":50"}', 2],
    ['{"level":', 2],
    ['{"level":"', 2],
    ['{}', 2],
    [`{"msg":"${'x'.repeat(300)}","level":"ERROR"}`, 2],
  ];
  for (const [json, rank] of lines) test(json.slice(0, 40), () => assert.equal(rankOfJson(json), rank));
});
