/**
 * Which lines are looked at for the fields of a query: all, or one of k granules, chosen at random among every k that
 * follow each other in a part, so that each time and service has its share. To take single lines would read nearly every
 * granule's attributes, and cost as much as all. Lines of a granule are neighbours, so a sample tells rare values less
 * surely than as many single lines would; columns are cheap and never sampled.
 */
import { compileSql } from '#language/compile-sql.ts';
import type { Sample } from '../field-reads.ts';
import type { LineQuery, ReadOptions } from '../log-store.ts';
import { countLines } from './count-lines.ts';
import type { Parameters } from './database.ts';
import type { ReadParts } from './find-lines.ts';
import { indexGranularity } from './schema.ts';
import type { Snapshot } from './snapshots.ts';
import { alsoWith, committedCondition, committedWithin, inRange, rangeParameters, unionOfSources } from './sources.ts';

export type Selected = Pick<LineQuery, 'tenant' | 'where' | 'range'>;

export interface FieldSample extends Sample {
  /** A SELECT of columns over the lines that are looked at. */
  select(columns: string, tail?: string): string;
  /** The same over all lines that match, or over those that also meet a condition. */
  selectAll(columns: string, tail?: string, also?: string): string;
  /** Of both SELECTs. */
  readonly parameters: Parameters;
  readonly scannedRows: number;
}

const granule = `intDiv(_part_offset, ${indexGranularity})`;

/** A sample of about `maxLines` lines; `side` begins the parameters' names, for two samples in one statement. */
export async function sampleLines(
  parts: ReadParts,
  snapshot: Snapshot,
  selected: Selected,
  { maxLines, side = 's' }: { readonly maxLines: number; readonly side?: string },
  options: ReadOptions,
): Promise<FieldSample> {
  const { total, scannedRows } = await countLines(parts, snapshot, selected, options);
  const { tenant, where, range } = selected;
  const compiled = compileSql(where, `${side}w`);
  const lines = `tenant = {tenant:String} AND (${compiled.sql})`;
  const inside = {
    committed: `${lines} AND ${committedWithin(`${side}_`)}`,
    memtable: `${lines} AND ${inRange(`${side}_from_ns`, `${side}_to_ns`)}`,
  };
  const parameters = {
    ...compiled.params,
    ...committedCondition(snapshot).parameters,
    tenant,
    ...rangeParameters(range, `${side}_`),
  };
  const selectAll = (columns: string, tail = '', also = '1'): string => unionOfSources(snapshot, columns, alsoWith(inside, also), tail);
  const every = Math.ceil(total / maxLines);
  if (every <= 1) return { totalLines: total, sampledLines: total, select: selectAll, selectAll, parameters, scannedRows };
  const sampled = {
    committed: `${inside.committed} AND ${granule} % ${every} = cityHash64(_part, intDiv(${granule}, ${every})) % ${every}`,
    memtable: `${inside.memtable} AND cityHash64(origin, seq, row_no) % ${every} = 0`,
  };
  const select = (columns: string, tail = ''): string => unionOfSources(snapshot, columns, sampled, tail);
  const counted = await parts.database.select(`SELECT sum(lines) FROM (${select('count() AS lines')})`, parameters, options);
  const sampledLines = Number(counted.rows[0][0]);
  return { totalLines: total, sampledLines, select, selectAll, parameters, scannedRows: scannedRows + counted.scannedRows };
}

/** The entries of both maps of a line, one a row, for `entryColumns`: `is_resource`, `key`, `value`, `kind`. */
export const entriesOf = (lines: string): string =>
  `(SELECT i > length(names) AS is_resource, key, value, substring(kinds, i, 1) AS kind FROM (${lines})
    ARRAY JOIN arrayConcat(names, resource_names) AS key, arrayConcat(texts, resource_texts) AS value,
      arrayEnumerate(arrayConcat(names, resource_names)) AS i)`;

/** What `entriesOf` reads of a line. */
export const entryColumns =
  'mapKeys(attributes) AS names, mapValues(attributes) AS texts, kinds, mapKeys(resource) AS resource_names, mapValues(resource) AS resource_texts';
