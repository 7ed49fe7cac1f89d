/** Lines of services by level in windows of five minutes, from the roll-up by minute and the memtables. */
import { allOf } from '#language/ast.ts';
import { firstErrorSeverity, severityRangeSize } from '#model/severity.ts';
import type { ReadOptions } from '../log-store.ts';
import type { SeasonCounts, SeasonQuery } from '../season-reads.ts';
import type { ReadParts } from './find-lines.ts';
import { rollupPlan, usesOnlyRollupFields } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, lineConditions, memtableBranches, rangeParameters, unionAll, unionOfSources, withinRange } from './sources.ts';

const windowSeconds = 300;
const windowNs = BigInt(windowSeconds) * 1_000_000_000n;
const firstWarnSeverity = firstErrorSeverity - severityRangeSize;
const firstInfoSeverity = firstWarnSeverity - severityRangeSize;

/** Answers from one snapshot; the caller holds and releases it. */
export async function seasonCounts(
  { database, density }: ReadParts,
  snapshot: Snapshot,
  { tenant, where, range: asked, services }: SeasonQuery,
  options: ReadOptions,
): Promise<readonly SeasonCounts[] | undefined> {
  if (!usesOnlyRollupFields(where)) return undefined;
  const first = (asked.fromNs + windowNs - 1n) / windowNs;
  const end = asked.toNs / windowNs;
  if (end <= first) return [];
  const range = { fromNs: first * windowNs, toNs: end * windowNs };
  const query = allOf([where, { kind: 'field-equals', field: 'service', values: services }]);
  const conditions = lineConditions(tenant, query);
  const select = `intDiv(toUnixTimestamp(toStartOfMinute(ts)), ${windowSeconds}) AS slot, service, level, sum(1 / sample_rate) AS weight`;
  const groupBy = ['slot', 'service', 'level'];
  const tail = `GROUP BY ${groupBy.join(', ')}`;
  const inside = withinRange(conditions);
  const plan = rollupPlan(snapshot, query, range, ['service', 'level'], await density.of(tenant, snapshot.generation, options));
  const source =
    plan === undefined
      ? unionOfSources(snapshot, select, inside, tail)
      : unionAll([
          ...plan.committed({ rollup: select, raw: select, groupBy }, conditions),
          ...memtableBranches(snapshot, select, inside, tail),
        ]);
  const { rows } = await database.select(
    `SELECT service, groupArray(slot), groupArray(lines), groupArray(debugs), groupArray(warns), groupArray(errors) FROM (
       SELECT service, slot, sum(weight) AS lines, sumIf(weight, level > 0 AND level < ${firstInfoSeverity}) AS debugs,
         sumIf(weight, level >= ${firstWarnSeverity} AND level < ${firstErrorSeverity}) AS warns,
         sumIf(weight, level >= ${firstErrorSeverity}) AS errors
       FROM (${source}) GROUP BY service, slot)
     GROUP BY service ORDER BY service`,
    {
      ...conditions.parameters,
      ...committedCondition(snapshot).parameters,
      ...rangeParameters(range),
      ...plan?.parameters,
    },
    options,
  );
  return rows.map((row) => countsOfRow(row, Number(first), Number(end - first)));
}

function countsOfRow([service, slots, ...figures]: readonly unknown[], first: number, count: number): SeasonCounts {
  const places = (slots as readonly unknown[]).map((slot) => Number(slot) - first);
  const [lines, debugs, warns, errors] = figures.map((values) => {
    const windows = new Float32Array(count);
    (values as readonly unknown[]).forEach((value, at) => {
      if (places[at] >= 0 && places[at] < count) windows[places[at]] = Number(value);
    });
    return windows;
  });
  return { service: service as string, fromMs: first * windowSeconds * 1000, lines, debugs, warns, errors };
}
