/** Which services wrote the lines of a query, and from when to when. */
import { firstErrorSeverity } from '#model/severity.ts';
import type { LineQuery, ReadOptions } from '../log-store.ts';
import { maxServiceSpans } from '../trace-reads.ts';
import type { ServiceSpansAnswer } from '../trace-reads.ts';
import type { ReadParts } from './find-lines.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, lineConditions, rangeParameters, unionOfSources, withinRange } from './sources.ts';

/** Answers from one snapshot; the caller holds and releases it. */
export async function serviceSpans(
  { database }: ReadParts,
  snapshot: Snapshot,
  { tenant, where, range }: Pick<LineQuery, 'tenant' | 'where' | 'range'>,
  options: ReadOptions,
): Promise<ServiceSpansAnswer> {
  const conditions = lineConditions(tenant, where);
  const sums = `service, count() AS line_count, countIf(level >= ${firstErrorSeverity}) AS error_count, min(ts) AS first, max(ts) AS last`;
  const branches = unionOfSources(snapshot, sums, withinRange(conditions), 'GROUP BY service');
  const { rows, scannedRows } = await database.select(
    `SELECT service, sum(line_count), sum(error_count), toUnixTimestamp64Nano(min(first)) AS first_ns, toUnixTimestamp64Nano(max(last))
     FROM (${branches}) GROUP BY service ORDER BY first_ns, service LIMIT ${maxServiceSpans}`,
    { ...conditions.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(range) },
    options,
  );
  const reason = snapshot.incompleteReason;
  return {
    spans: rows.map(([service, lineCount, errorCount, firstNs, lastNs]) => ({
      service: service as string,
      lineCount: Number(lineCount),
      errorCount: Number(errorCount),
      firstNs: BigInt(firstNs as string),
      lastNs: BigInt(lastNs as string),
    })),
    complete: reason === undefined,
    ...(reason ? { reason } : {}),
    scannedRows,
  };
}
