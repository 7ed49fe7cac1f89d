/**
 * What the engine costs: `node src/engine/engine.bench.ts [lines] [flush threads]`. Prints memory at rest, latencies, CPU seconds per
 * 1 M lines of memtable inserts and of flushes with and without text indexes. The figures of docs/adr/0002 come from it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ClickHouseSettings } from '@clickhouse/client';
import { logIndexes } from '#language/text-index.ts';
import { logColumns } from '#model/columns.ts';
import { ClickHouseHttp } from './clickhouse-http.ts';
import { createEngineClient } from './official-client.test-support.ts';
import { EngineInserter } from './engine-insert.ts';
import { startTestEngine } from './engine.test-support.ts';
import { mergeTreeDurability, mergeTreeMerges } from './mergetree-settings.ts';

const lineCount = Number(process.argv[2] ?? 1_000_000);
const blockRows = 20_000;
const flushThreads = Number(process.argv[3] ?? 1);
const engine = await startTestEngine({ max_memory: 6 * 2 ** 30, flush_threads: flushThreads });
const insertClient = createEngineClient({ socketPath: engine.supervisor.socketPath, sessionClass: 'insert' });
const flushClient = createEngineClient({ socketPath: engine.supervisor.socketPath, sessionClass: 'flush' });
const processFile = (name: string): string => readFileSync(`/proc/${engine.supervisor.pid}/${name}`, 'utf8');
const residentMb = (): string => `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(processFile('status'))![1]) / 1024)} MiB`;
const resetPeak = (): void => writeFileSync(`/proc/${engine.supervisor.pid}/clear_refs`, '5');
const peakMb = (): number => Math.round(Number(/VmHWM:\s+(\d+)/.exec(processFile('status'))![1]) / 1024);

/** CPU seconds of the engine process so far; /proc counts hundredths. */
function cpuSeconds(): number {
  const fields = processFile('stat').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function measured(name: string, run: () => Promise<unknown>, note: () => string | Promise<string> = () => ''): Promise<void> {
  resetPeak();
  const [cpu, start] = [cpuSeconds(), performance.now()];
  await run();
  const wall = (performance.now() - start) / 1000;
  const perMillion = ((cpuSeconds() - cpu) * 1e6) / lineCount;
  console.log(
    `${name.padEnd(52)} ${perMillion.toFixed(2)} CPU-s per 1 M lines, ${wall.toFixed(2)} s wall, peak ${peakMb()} MiB ${await note()}`,
  );
}

async function latency(name: string, run: (index: number) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let index = 0; index < 400; index++) {
    const start = performance.now();
    await run(index);
    if (index >= 50) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  console.log(
    `${name.padEnd(52)} p50 ${times[times.length >> 1].toFixed(2)} ms, p99 ${times[Math.floor(times.length * 0.99)].toFixed(2)} ms`,
  );
}

await new Promise((resolve) => setTimeout(resolve, 1500));
console.log(
  `at rest: ${residentMb()}; ${processFile('status')
    .match(/Rss(Anon|File):\s+\d+ kB/g)!
    .join(', ')}; ${/Threads:\s+(\d+)/.exec(processFile('status'))![1]} threads`,
);
await latency('ping', () => engine.client.ping());
const one = async (settings: ClickHouseSettings): Promise<unknown> =>
  (await engine.client.query({ query: 'SELECT 1', format: 'JSONEachRow', clickhouse_settings: settings })).json();
await latency('SELECT 1, whole', () => one({}));
await latency('SELECT 1, streamed', () => one({ wait_end_of_query: 0 }));
await latency('SELECT 1, other settings each time', (index) => one({ max_execution_time: 10 + index }));

/** Lines of about 440 bytes of JSON: templates with numbers, random ids, nine attributes. */
const generatedLine = `
  'acme' AS tenant,
  toDateTime64('2026-01-01 00:00:00', 9, 'UTC') + number / 20000 + rand(1) % 1000 / 1000 AS ts,
  toDateTime64('2026-01-01 00:00:01', 3, 'UTC') + number / 20000 AS receive_ts,
  1::UInt32 AS origin, intDiv(number, 5000)::UInt64 AS seq, (number % 5000)::UInt16 AS row_no,
  concat('service-', toString(rand(2) % 40)) AS service, concat('host-', toString(rand(3) % 100)) AS host, 'production' AS environment,
  [5, 9, 9, 9, 9, 9, 13, 17][rand(4) % 8 + 1]::UInt8 AS level,
  lower(hex(cityHash64(rand(5)))) || lower(hex(cityHash64(rand(6)))) AS trace_id, lower(hex(cityHash64(rand(7)))) AS span_id,
  concat(['Accepted password for', 'Received block', 'Connection closed by', 'Failed to fetch upstream for', 'Finished task'][rand(8) % 5 + 1],
    ' user', toString(rand(9) % 5000), ' from 10.', toString(rand(10) % 256), '.', toString(rand(11) % 256), '.7 port ', toString(rand(12) % 65536), ' in ', toString(rand(13) % 900), ' ms') AS message,
  map('http.method', ['GET', 'POST', 'PUT'][rand(14) % 3 + 1], 'http.status', ['200', '404', '500'][rand(15) % 3 + 1], 'duration_ms', toString(rand(16) % 3000),
    'user_id', toString(rand(17) % 100000), 'request_id', lower(hex(cityHash64(rand(18)))), 'region', ['eu', 'us'][rand(19) % 2 + 1], 'version', '1.4.2',
    'path', concat('/api/v1/items/', toString(rand(20) % 10000)), 'bytes', toString(rand(21) % 100000))::Map(LowCardinality(String), String) AS attributes,
  'snnssssss' AS kinds`;
const given =
  'tenant, ts, receive_ts, origin, seq, row_no, service, host, environment, level, trace_id, span_id, message, attributes, kinds';

const definitions = (withGen: boolean): string =>
  logColumns
    .filter(({ name }) => withGen || name !== 'gen')
    .map(({ name, type }) => `${name} ${type}${name === 'sample_rate' ? ' DEFAULT 1' : ''}`)
    .join(', ');
const run = (query: string, clickhouse_settings: Record<string, string> = {}): Promise<unknown> =>
  flushClient.command({ query, clickhouse_settings });
const settings = Object.entries({ ...mergeTreeDurability, ...mergeTreeMerges })
  .map(([name, value]) => `${name} = ${value}`)
  .join(', ');

await run(`CREATE TABLE memtable (${definitions(false)}) ENGINE = Memory`);
const blockColumns = logColumns
  .filter(({ name }) => given.split(', ').includes(name))
  .map(({ name, type }) => `CAST(${name}, '${type.replaceAll("'", "\\'")}') AS ${name}`);
const blocks: Buffer[] = [];
for (let first = 0; first < lineCount; first += blockRows) {
  const query = `SELECT ${blockColumns.join(', ')} FROM (SELECT ${generatedLine} FROM numbers(${first}, ${blockRows})) FORMAT Native SETTINGS max_block_size = ${blockRows}, max_threads = 1`;
  blocks.push(await buffer((await engine.client.exec({ query, clickhouse_settings: { max_result_bytes: '0' } })).stream));
}
console.log(
  `${blocks.length} Native blocks of ${blockRows} lines, ${Math.round(blocks.reduce((sum, block) => sum + block.length, 0) / lineCount)} bytes a line`,
);

const inserter = new EngineInserter(
  new ClickHouseHttp({ endpoint: { socketPath: engine.supervisor.socketPath } }),
  engine.supervisor.spoolPath,
);
await measured(
  `insert of ${blockRows}-line blocks into Memory, by file`,
  async () => {
    for (const block of blocks) await inserter.insert({ table: 'memtable', columns: given.split(', '), blocks: [block] });
  },
  async () => `(now ${residentMb()})`,
);
await run('TRUNCATE TABLE memtable');
await measured(
  `insert of ${blockRows}-line blocks into Memory, by HTTP`,
  async () => {
    for (const block of blocks) {
      await insertClient.exec({ query: `INSERT INTO memtable (${given}) FORMAT Native`, values: Readable.from([block]) });
    }
  },
  async () => `(now ${residentMb()})`,
);

const columns = logColumns
  .filter(({ name }) => name !== 'gen')
  .map(({ name }) => name)
  .join(', ');
const indexes = (textIndexes: boolean, others: boolean): string =>
  logIndexes
    .filter(({ isTextIndex }) => (isTextIndex ? textIndexes : others))
    .map(({ ddl }) => `, ${ddl}`)
    .join('');
async function flush(name: string, indexDdl: string, flushSettings: Record<string, string> = {}): Promise<void> {
  await run(`CREATE TABLE logs (${definitions(true)}${indexDdl}) ENGINE = MergeTree PARTITION BY (retention, toDate(receive_ts))
    ORDER BY (tenant, toStartOfFiveMinutes(ts), service, ts) SETTINGS ${settings}`);
  await measured(
    `flush ${name}`,
    () => run(`INSERT INTO logs (${columns}, gen) SELECT ${columns}, 1 FROM memtable`, flushSettings),
    async () => {
      const answer = await engine.client.query({
        query: "SELECT count() AS parts, sum(bytes_on_disk) AS bytes FROM system.parts WHERE table = 'logs' AND active",
        format: 'JSONEachRow',
      });
      const [{ parts, bytes }] = await answer.json<{ parts: number; bytes: number }>();
      return `${parts} part(s), ${(bytes / lineCount).toFixed(1)} bytes a line`;
    },
  );
  await run('DROP TABLE logs SYNC');
}
await flush('without indexes', '');
await flush('with the small indexes', indexes(false, true));
await flush(
  'with the index on message',
  indexes(false, true) +
    logIndexes
      .filter((index) => index.isTextIndex)
      .slice(0, 1)
      .map(({ ddl }) => `, ${ddl}`)
      .join(''),
);
await flush('with all indexes', indexes(true, true));
await flush('with all indexes, 2 threads', indexes(true, true), { max_threads: '2' });
await run('DROP TABLE memtable SYNC');
await new Promise((resolve) => setTimeout(resolve, 3000));
console.log(`after all is dropped: ${residentMb()}`);
await insertClient.close();
await flushClient.close();
await engine.stop();
