/** Where lines lie: the memtable or the part that holds a row, as the engine's virtual columns tell it. */
import type { ReadOptions } from '../log-store.ts';
import type { LinePlacement, PlacementQuery, StoredPart } from '../placement-reads.ts';
import type { Database } from './database.ts';
import { logsTable, memtableName } from './schema.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, everywhere, rangeParameters, unionAll, withinRange } from './sources.ts';

const facts =
  'row_no, toUnixTimestamp64Nano(ts), toUnixTimestamp64Milli(receive_ts), skewed, sample_rate, notEmpty(raw), toString(pattern_id)';

/** Answers from one snapshot; the caller holds and releases it. */
export async function placements(
  database: Database,
  snapshot: Snapshot,
  { tenant, origin, seq, rowNo, range }: PlacementQuery,
  options: ReadOptions,
): Promise<{ readonly lines: readonly LinePlacement[]; readonly reason?: string }> {
  const row = rowNo === undefined ? '' : ' AND row_no = {row:UInt16}';
  const place = `tenant = {tenant:String} AND seq = {seq:UInt64} AND origin = {origin:UInt32}${row}`;
  const inside = withinRange(everywhere(place));
  const visible = committedCondition(snapshot);
  const branches = [
    `SELECT ${facts}, 1 AS committed, gen, retention, _part, _partition_id FROM ${logsTable} WHERE ${visible.sql} AND ${inside.committed}`,
    ...snapshot.memtables.map(
      (number) =>
        `SELECT ${facts}, 0 AS committed, toUInt64(${number}), toUInt8(0), '', '' FROM ${memtableName(number)} WHERE ${inside.memtable}`,
    ),
  ];
  const parameters = { tenant, origin, seq, row: rowNo ?? 0, ...visible.parameters, ...rangeParameters(range) };
  const { rows } = await database.select(`SELECT * FROM (${unionAll(branches)}) ORDER BY row_no`, parameters, options);
  const parts = await storedParts(
    database,
    [...new Set(rows.map((values) => values[10] as string).filter((name) => name !== ''))],
    options,
  );
  const reason = snapshot.incompleteReason;
  return { lines: rows.map((values) => placementOf(values, parts)), ...(reason ? { reason } : {}) };
}

function placementOf(values: readonly unknown[], parts: ReadonlyMap<string, StoredPart>): LinePlacement {
  const [rowNo, tsNs, receivedMs, skewed, sampleRate, wasParsed, patternId, committed, generation, retention, part, partition] = values;
  const isCommitted = Number(committed) === 1;
  const stored = parts.get(part as string);
  return {
    rowNo: Number(rowNo),
    tsNs: BigInt(tsNs as string),
    receivedMs: Number(receivedMs),
    skewed: Number(skewed) === 1,
    sampleRate: Number(sampleRate),
    wasParsed: Number(wasParsed) === 1,
    patternId: patternId as string,
    generation: Number(generation),
    isCommitted,
    ...(isCommitted ? { partition: partition as string, retentionClass: Number(retention) } : {}),
    ...(stored ? { part: stored } : {}),
  };
}

/** A part that was merged away meanwhile is not among them. */
async function storedParts(database: Database, names: readonly string[], options: ReadOptions): Promise<Map<string, StoredPart>> {
  if (names.length === 0) return new Map();
  const { rows } = await database.select(
    `SELECT name, disk_name, rows, bytes_on_disk, level, toUnixTimestamp(modification_time) FROM system.parts
     WHERE database = currentDatabase() AND table = {table:String} AND name IN {names:Array(String)}`,
    { table: logsTable, names },
    options,
  );
  return new Map(
    rows.map(([name, disk, lines, bytes, level, written]) => [
      name as string,
      {
        name: name as string,
        disk: disk as string,
        lines: Number(lines),
        bytes: Number(bytes),
        level: Number(level),
        writtenMs: Number(written) * 1000,
      },
    ]),
  );
}
