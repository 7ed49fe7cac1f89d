/** What every way to count the lines of one query needs, found once; and the statement of branches whose rows are added up. */
import type { AggregateQuery } from '../log-store.ts';
import { countPlan } from './count-source.ts';
import type { CountedLines } from './count-source.ts';
import type { Parameters } from './database.ts';
import type { Density } from './density.ts';
import type { RollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, rangeParameters, unionAll } from './sources.ts';
import type { LineConditions } from './sources.ts';

export interface CountParts {
  /** The values of `groupBy` as SQL, and their parameters. */
  readonly groups: readonly string[];
  readonly parameters: Parameters;
  readonly conditions: LineConditions;
  readonly density: Density;
}

export interface CountQuestion extends CountParts {
  readonly snapshot: Snapshot;
  readonly query: AggregateQuery;
  readonly counted: CountedLines;
  /** Undefined where rows must be read. */
  readonly plan: RollupPlan | undefined;
  /** Parameters of all branches. */
  readonly values: Parameters;
  /** Rows of one branch: one more than there may be buckets, which is too many whatever the other branches have. */
  readonly branchLimit: number;
}

/** Levels of a bucket, at most. */
const severities = 25;

/** `query.metric` counts lines. */
export function countQuestion(snapshot: Snapshot, query: AggregateQuery, parts: CountParts): CountQuestion {
  const byLevel = query.metric.kind === 'error_rate';
  const counted = { ...query, byLevel };
  const plan = countPlan(snapshot, counted, parts.density);
  return {
    ...parts,
    snapshot,
    query,
    counted,
    plan,
    values: {
      ...parts.conditions.parameters,
      ...parts.parameters,
      ...committedCondition(snapshot).parameters,
      ...rangeParameters(query.range),
      interval_ms: query.intervalMs ?? 0,
      ...plan?.parameters,
    },
    branchLimit: (query.maxBuckets + 1) * (byLevel ? severities : 1),
  };
}

/** All rows of branches that each have a limit of their own. */
export const limitedBranches = (branches: readonly string[]): string => unionAll(branches.map((branch) => `SELECT * FROM (${branch})`));
