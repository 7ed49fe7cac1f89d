/** One line by its id, which tells its millisecond and its place in the log: so a memtable or the committed table is mostly all that is asked. */
import { formatLineId } from '#base/ids.ts';
import type { LineIdParts } from '#base/ids.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LinePlace, ReadOptions, TimeRange } from '../log-store.ts';
import { overlapOf } from './density.ts';
import type { ReadParts } from './find-lines.ts';
import { lineColumns, lineOfColumns } from './line-rows.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, everywhere, rangeParameters, unionOfSources, withinRange } from './sources.ts';

/** When the line happened, to the millisecond. */
export function rangeOfId({ tsMs }: LineIdParts): TimeRange {
  const fromNs = BigInt(tsMs) * 1_000_000n;
  return { fromNs, toNs: fromNs + 1_000_000n };
}

/** From one snapshot; the caller holds and releases it. */
export async function lineById(
  parts: ReadParts,
  snapshot: Snapshot,
  tenant: string,
  id: LineIdParts,
  options: ReadOptions,
): Promise<LogLine | undefined> {
  const row = await rowById(parts, snapshot, tenant, id, lineColumns, options);
  return row && lineOfColumns(row);
}

/** The same without what is wide of a line. */
export async function placeOfLine(
  parts: ReadParts,
  snapshot: Snapshot,
  tenant: string,
  id: LineIdParts,
  options: ReadOptions,
): Promise<LinePlace | undefined> {
  const row = await rowById(parts, snapshot, tenant, id, 'toUnixTimestamp64Nano(ts), service, host, trace_id', options);
  if (row === undefined) return undefined;
  const [tsNs, service, host, traceId] = row as string[];
  return { id: formatLineId(id), tenant, tsNs: BigInt(tsNs), service, host, traceId };
}

async function rowById(
  { database, density }: ReadParts,
  snapshot: Snapshot,
  tenant: string,
  id: LineIdParts,
  columns: string,
  options: ReadOptions,
): Promise<readonly unknown[] | undefined> {
  const range = rangeOfId(id);
  const { extent } = await density.of(tenant, snapshot.generation, options);
  const isCommitted = overlapOf(range, extent) !== undefined;
  const sources = new Set([...(isCommitted ? [0] : []), ...snapshot.memtables]);
  if (sources.size === 0) return undefined;
  const place = 'tenant = {tenant:String} AND seq = {seq:UInt64} AND origin = {origin:UInt32} AND row_no = {row:UInt16}';
  const { rows } = await database.select(
    `SELECT * FROM (${unionOfSources(snapshot, columns, withinRange(everywhere(place)), '', sources)})`,
    { tenant, origin: id.origin, seq: id.seq, row: id.rowNo, ...rangeParameters(range), ...committedCondition(snapshot).parameters },
    options,
  );
  return rows[0];
}
