/**
 * The golden cases of pipes, `pipe-golden-cases.json`: text, canonical text, stages, SQL with parameters, and the rows that it
 * makes of golden-rows.ts. After a wanted change write them anew with `node test/language/pipe-golden.ts` and read the difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compilePipes, parsePipeline, planPipeline, printPipeline } from '#language/pipes.ts';
import { goldenRows } from './golden-rows.ts';
import { inMemory, maxRows, sourceOf } from './pipe-tables.ts';
import { sampleNowMs } from './sample-rows.ts';
import type { PipePlan } from '#language/pipes.ts';

/** Each stage by itself, and how they go together. */
const goldenPipelines: readonly string[] = [
  '',
  'declined | limit 3',
  '| where level>=WARN | where service:payment*',
  '| fields service, level, user_id, timestamp',
  '| sort latency_ms desc, service | limit 5 | fields service, latency_ms',
  '| limit 10 | where level:ERROR',
  '| dedup service, level | fields service, level',
  '| sort service | dedup service | sort level desc',
  '| parse "<what> declined<rest>" | where what:* | fields what, rest',
  '| parse "<first> <_>" as word | stats count() by word | sort count desc, word | limit 4',
  '| parse "<ip>:<port> refused" from message | where port>1000 OR ip:*nnection* | fields ip, port',
  '| parse "u-<number>" from user_id | where number:[1 TO 200] | stats sum(number), count(number)',
  '| stats count()',
  'level:* | stats count() by level',
  '| stats count() as lines, error_rate() by service | where lines>1 -service:"" | sort lines desc',
  '| stats count(user_id), distinct(user_id), min(latency_ms), max(latency_ms), avg(latency_ms), sum(latency_ms)',
  '| stats min(timestamp), max(timestamp), max(level) as worst by service | where worst>=ERROR',
  '| stats first(message), last(message) by service',
  '| stats count() by bin(1h) | where time>=2025-03-15 | limit 3',
  '| stats count() by service, bin(1d) as day | stats max(count), count() by service',
  '| stats rate(), rate() as again by bin(10s) | limit 1',
  '| rate by level',
  '| top 2 by service',
  '| top by level, host | where share>=10 | fields level, share',
  '| patterns | fields pattern, text, count, first',
  '| limit 5 | patterns',
  '| stats count() by x | sort x | limit 1 | where x:""',
];

export interface PipeGoldenCase {
  readonly query: string;
  readonly printed: string;
  readonly stages: unknown;
  readonly sql: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly rows: readonly unknown[];
}

const path = fileURLToPath(new URL('pipe-golden-cases.json', import.meta.url));

export function planOf(text: string): PipePlan {
  return planPipeline(parsePipeline(text), { text, nowMs: sampleNowMs });
}

export function computedCases(): PipeGoldenCase[] {
  const cases = goldenPipelines.map((query) => {
    const pipeline = parsePipeline(query);
    const plan = planOf(query);
    const source = sourceOf('lines', 'condition');
    const { sql, params } = compilePipes(plan, source, maxRows);
    const printed = printPipeline(pipeline);
    return { query, printed, stages: pipeline.stages, sql, params: { ...source.params, ...params }, rows: inMemory(goldenRows, plan) };
  });
  return JSON.parse(JSON.stringify(cases, (key, value: unknown) => (key === 'span' ? undefined : value)));
}

export function storedCases(): PipeGoldenCase[] {
  return JSON.parse(readFileSync(path, 'utf8'));
}

if (import.meta.main)
  writeFileSync(
    path,
    `[\n${computedCases()
      .map((golden) => JSON.stringify(golden))
      .join(',\n')}\n]\n`,
  );
