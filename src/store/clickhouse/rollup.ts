/**
 * When an answer can come from the per-minute roll-up (the projection `minutes` of `logs`): the query and the groups
 * name only service, environment and level, and the range spans whole minutes. What it has beside them is read from rows,
 * unless there are no committed lines: each further SELECT of a statement costs the engine 4 ms of planning.
 */
import type { QueryNode } from '#language/ast.ts';
import { isPatternId } from '#language/conditions.ts';
import { resolveField } from '#language/fields.ts';
import type { TimeRange } from '../log-store.ts';
import type { Parameters } from './database.ts';
import type { Density } from './density.ts';
import { logsTable } from './schema.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, committedFirstEdge, committedLastEdge } from './sources.ts';
import type { LineConditions } from './sources.ts';

const minuteNs = 60_000_000_000n;
/** Minutes are told in seconds of 32 bits: later ones (in 2106) are told as others. */
const endOfMinutesNs = 2n ** 32n * 1_000_000_000n - minuteNs;

/** SELECT lists of the two kinds of branch, with the same names, and their GROUP BY expressions. */
export interface RollupSelect {
  /** May use `minute` and the roll-up's columns. */
  readonly rollup: string;
  readonly raw: string;
  readonly groupBy: readonly string[];
}

export interface RollupPlan {
  readonly parameters: Parameters;
  /** The whole minutes, counted since 1970, `endMinute` exclusive. */
  readonly firstMinute: number;
  readonly endMinute: number;
  /** The branch over the committed rows beside the whole minutes, where there can be any. */
  edges(select: Pick<RollupSelect, 'raw' | 'groupBy'>, conditions: LineConditions): string[];
  /** Branches over the committed table. */
  committed(select: RollupSelect, conditions: LineConditions): string[];
}

/** True where the column of a field is one that the roll-up keeps. */
export function isRollupField(field: string): boolean {
  const target = resolveField(field);
  return target.kind === 'level' || (target.kind === 'dictionary' && target.column !== 'host');
}

/** True where a query names only columns that the roll-ups keep; that of patterns keeps their ids too. */
export function usesOnlyRollupFields(node: QueryNode, withPatterns = false): boolean {
  switch (node.kind) {
    case 'all':
      return true;
    case 'and':
    case 'or':
      return node.children.every((child) => usesOnlyRollupFields(child, withPatterns));
    case 'not':
      return usesOnlyRollupFields(node.child, withPatterns);
    case 'field-equals':
      return isRollupField(node.field) || (withPatterns && node.values.every((value) => isPatternId(node.field, value)));
    case 'field-prefix':
    case 'field-wildcard':
    case 'field-regex':
    case 'field-network':
    case 'field-exists':
    case 'field-compare':
    case 'field-range':
      return isRollupField(node.field);
    default:
      return false;
  }
}

/** The plan, or undefined where rows must be read. `extent`: outside of it there are no committed lines. */
export function rollupPlan(
  snapshot: Snapshot,
  where: QueryNode,
  range: TimeRange,
  groupBy: readonly string[],
  { extent }: Pick<Density, 'extent'>,
): RollupPlan | undefined {
  const firstMinute = range.fromNs <= extent.fromNs ? minuteBefore(extent.fromNs) : minuteBefore(range.fromNs + minuteNs - 1n);
  const endMinute = range.toNs >= extent.toNs ? minuteBefore(extent.toNs + minuteNs - 1n) : minuteBefore(range.toNs);
  const fits = firstMinute < endMinute && snapshot.replacements.length === 0 && usesOnlyRollupFields(where) && groupBy.every(isRollupField);
  if (!fits || extent.toNs > endOfMinutesNs) return undefined;
  const edges = [
    ...(range.fromNs > extent.fromNs && range.fromNs < firstMinute ? [committedFirstEdge('first_minute_ns')] : []),
    ...(range.toNs < extent.toNs && endMinute < range.toNs ? [committedLastEdge('end_minute_ns')] : []),
  ];
  const tailOf = (groups: readonly string[]): string => (groups.length > 0 ? `GROUP BY ${groups.join(', ')}` : '');
  const visible = committedCondition(snapshot).sql;
  const edgesOf: RollupPlan['edges'] = ({ raw, groupBy: groups }, { committed }) =>
    edges.length === 0
      ? []
      : [`SELECT ${raw} FROM ${logsTable} WHERE ${visible} AND ${committed} AND (${edges.join(' OR ')}) ${tailOf(groups)}`];
  return {
    parameters: {
      first_minute: Number(firstMinute / 1_000_000_000n),
      end_minute: Number(endMinute / 1_000_000_000n),
      first_minute_ns: firstMinute.toString(),
      end_minute_ns: endMinute.toString(),
    },
    firstMinute: Number(firstMinute / minuteNs),
    endMinute: Number(endMinute / minuteNs),
    edges: edgesOf,
    committed(select, conditions) {
      const whole = `toStartOfMinute(ts) >= toDateTime({first_minute:UInt32}, 'UTC') AND toStartOfMinute(ts) < toDateTime({end_minute:UInt32}, 'UTC')`;
      return [
        `SELECT ${select.rollup} FROM ${logsTable} WHERE ${visible} AND ${conditions.committed} AND ${whole} ${tailOf(select.groupBy)}`,
        ...edgesOf(select, conditions),
      ];
    },
  };
}

const minuteBefore = (ns: bigint): bigint => (ns / minuteNs) * minuteNs;
