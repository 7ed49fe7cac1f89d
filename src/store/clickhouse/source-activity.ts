/** When services and hosts were heard of: services from the roll-up by minute, hosts from rows. */
import type { QueryNode } from '#language/ast.ts';
import type { ReadOptions } from '../log-store.ts';
import type { SourceActivity, SourceQuery, SourcesAnswer } from '../source-reads.ts';
import type { ReadParts } from './find-lines.ts';
import { rollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, lineConditions, memtableBranches, rangeParameters, unionAll, unionOfSources, withinRange } from './sources.ts';

const allLines: QueryNode = { kind: 'all' };
const columnsOf = { service: ['service', "'' AS host"], host: ['service', 'host'] } as const;

/** Answers from one snapshot; the caller holds and releases it. */
export async function sourceActivity(
  { database, density }: ReadParts,
  snapshot: Snapshot,
  { tenant, range, by, maxSources }: SourceQuery,
  options: ReadOptions,
): Promise<SourcesAnswer> {
  const conditions = lineConditions(tenant, allLines);
  const select = `toUnixTimestamp(toStartOfMinute(ts)) AS slot, ${columnsOf[by].join(', ')}, sum(1 / sample_rate) AS weight`;
  const groupBy = ['slot', 'service', 'host'];
  const tail = `GROUP BY ${groupBy.join(', ')}`;
  const inside = withinRange(conditions);
  const plan =
    by === 'service'
      ? rollupPlan(snapshot, allLines, range, ['service'], await density.of(tenant, snapshot.generation, options))
      : undefined;
  const source =
    plan === undefined
      ? unionOfSources(snapshot, select, inside, tail)
      : unionAll([
          ...plan.committed({ rollup: select, raw: select, groupBy }, conditions),
          ...memtableBranches(snapshot, select, inside, tail),
        ]);
  const { rows, scannedRows } = await database.select(
    `SELECT service, host, lines, arrayElement(slots, 1), arrayElement(slots, -1), length(slots),
       if(length(slots) < 2, 0, arrayReduce('quantileExact(0.95)', arrayPopFront(arrayDifference(slots))) / 60)
     FROM (SELECT service, host, sum(weight) AS lines, arraySort(groupUniqArray(slot)) AS slots FROM (${source})
       GROUP BY service, host ORDER BY lines DESC LIMIT {max_sources:UInt32})
     ORDER BY lines DESC`,
    {
      ...conditions.parameters,
      ...committedCondition(snapshot).parameters,
      ...rangeParameters(range),
      ...plan?.parameters,
      max_sources: maxSources + 1,
    },
    options,
  );
  const reason = snapshot.incompleteReason;
  return {
    sources: rows.slice(0, maxSources).map(activityOfRow).sort(byName),
    truncated: rows.length > maxSources,
    complete: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    scannedRows,
  };
}

function byName(a: SourceActivity, b: SourceActivity): number {
  if (a.service === b.service) return a.host < b.host ? -1 : 1;
  return a.service < b.service ? -1 : 1;
}

function activityOfRow([service, host, lines, firstSlot, lastSlot, active, gap]: readonly unknown[]): SourceActivity {
  return {
    service: service as string,
    host: host as string,
    lineCount: Math.round(Number(lines)),
    firstMinuteMs: Number(firstSlot) * 1000,
    lastMinuteMs: Number(lastSlot) * 1000,
    activeMinutes: Number(active),
    usualGapMinutes: Number(gap),
  };
}
