/** Lines by their keys: the second step of a page that is too large to be read with all columns at once. */
import type { LogLine } from '#model/log-line.ts';
import type { ReadOptions } from '../log-store.ts';
import type { Database } from './database.ts';
import type { FoundLine } from './find-lines.ts';
import { keyOfRow, keyText, lineColumns, lineOfColumns } from './line-rows.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, everywhere, unionOfSources } from './sources.ts';

/** Lines that are read with all columns at once, at most: they are held in memory, and their keys go in the URL of a request. */
export const largestReadLines = 400;

/** Keyed lines with all columns, in the order of the keys. */
export async function readLines(
  database: Database,
  snapshot: Snapshot,
  tenant: string,
  keys: readonly FoundLine[],
  options: ReadOptions,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (let first = 0; first < keys.length; first += largestReadLines) {
    lines.push(...(await readPortion(database, snapshot, tenant, keys.slice(first, first + largestReadLines), options)));
  }
  return lines;
}

/** The primary key's second part. */
const bucketSeconds = 300;
const bucketNs = 300_000_000_000n;

/** The primary key narrows by five minutes, service and time; the sequence tells neighbours in a granule apart. */
const keyCondition = `tenant = {tenant:String} AND toStartOfFiveMinutes(ts) IN {buckets:Array(DateTime('UTC'))}
  AND service IN {services:Array(String)} AND ts IN {times:Array(DateTime64(9, 'UTC'))} AND seq IN {seqs:Array(UInt64)}`;

async function readPortion(
  database: Database,
  snapshot: Snapshot,
  tenant: string,
  keys: readonly FoundLine[],
  options: ReadOptions,
): Promise<LogLine[]> {
  const times = [...new Set(keys.map(({ key }) => key.tsNs))];
  const sources = new Set(keys.map(({ memtable }) => memtable));
  const { rows } = await database.select(
    `SELECT * FROM (${unionOfSources(snapshot, lineColumns, everywhere(keyCondition), '', sources)})`,
    {
      tenant,
      ...committedCondition(snapshot).parameters,
      buckets: [...new Set(times.map((ns) => Number(ns / bucketNs) * bucketSeconds))].map(String),
      services: [...new Set(keys.map(({ service }) => service))],
      seqs: [...new Set(keys.map(({ key }) => key.seq))],
      times: times.map(secondsText),
    },
    options,
  );
  const byKey = new Map(rows.map((row) => [keyText(keyOfRow(row)), row]));
  return keys.flatMap(({ key }) => {
    const row = byKey.get(keyText(key));
    return row === undefined ? [] : [lineOfColumns(row)];
  });
}

/** Nanoseconds as decimal seconds, which the engine reads as a DateTime64. */
const secondsText = (ns: bigint): string =>
  `${(ns / 1_000_000_000n).toString().padStart(10, '0')}.${(ns % 1_000_000_000n).toString().padStart(9, '0')}`;
