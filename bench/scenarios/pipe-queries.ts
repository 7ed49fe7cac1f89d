/** Queries with pipes, for the scenarios of queries: a table by service and minute, quantiles, parsing, sorting. */
import type { Facts } from '../generator.ts';
import type { ApiClient, Range } from '../harness/api-client.ts';
import type { NamedQuery } from './queries.ts';

interface Table {
  readonly rows: readonly (readonly unknown[])[];
}

/** The sentence of what is wrong, if anything. */
type Check = (table: Table, facts: Facts) => string | undefined;

async function ask(
  { connection }: ApiClient,
  query: string,
  { fromMs, toMs }: Range,
): Promise<{ readonly table: Table; readonly tookMs: number }> {
  const body = Buffer.from(JSON.stringify({ query, time_range: { from: fromMs, to: toMs } }));
  const answer = await connection.request('POST', '/v1/query', { 'content-type': 'application/json' }, body);
  if (answer.status !== 200) throw new Error(`${query} gave ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
  return { table: JSON.parse(answer.body.toString()) as Table, tookMs: answer.tookMs };
}

/** `query` differs from turn to turn, so that no kept answer serves. */
function pipes(name: string, title: string, goalMs: number, query: (turn: number) => string, check: Check): NamedQuery {
  return {
    name,
    title,
    goalMs,
    async ask(client, facts, range, turn) {
      const { table, tookMs } = await ask(client, query(turn), range);
      return { tookMs, wrong: check(table, facts) };
    },
  };
}

const total = (table: Table, column: number): number => table.rows.reduce((sum, row) => sum + Number(row[column]), 0);

/** All lines are in the table, under all services. */
const countsAll: Check = (table, { lines, byService }) => {
  if (table.rows.length !== byService.size) return `${table.rows.length} services instead of ${byService.size}`;
  return total(table, 1) === lines ? undefined : `${total(table, 1)} lines instead of ${lines}`;
};

/** The second `stats` adds the minutes up again, for the check; the first makes the table. */
export const minutesByService = pipes(
  'stats_minutes',
  'stats count() by service, bin(1m)',
  150,
  (turn) => `-environment:absent${turn} | stats count() by service, bin(1m) | stats sum(count) by service`,
  countsAll,
);

/** The attribute is log-normal with median 35 and spread 1 in every service: its p99 is near 358. */
const p99IsRight: Check = (table, { byService }) => {
  if (table.rows.length !== byService.size) return `${table.rows.length} services instead of ${byService.size}`;
  const strange = table.rows.find(([, , p99]) => Number(p99) < 280 || Number(p99) > 440);
  return strange && `p99 ${String(strange[2])} of ${String(strange[0])}`;
};

export const pipeQueries: readonly NamedQuery[] = [
  minutesByService,
  pipes(
    'stats_p99',
    'stats count(), p99(latency_ms) by service',
    300,
    (turn) => `-environment:absent${turn} | stats count(), p99(latency_ms) by service`,
    p99IsRight,
  ),
  pipes(
    'top_parsed',
    'top of what is parsed out of all messages',
    400,
    (turn) => `-environment:absent${turn} | parse "<first> <_>" | stats count() by first | top 10 by first`,
    ({ rows }) => (rows.length === 10 ? undefined : `${rows.length} rows`),
  ),
  pipes(
    'newest_parsed',
    'newest 100 lines with a field parsed, by a condition on it',
    100,
    (turn) => `-environment:absent${turn} | parse "<first> <_>" | where first:* | limit 100 | fields timestamp, first`,
    ({ rows }) => (rows.length === 100 ? undefined : `${rows.length} rows`),
  ),
];
