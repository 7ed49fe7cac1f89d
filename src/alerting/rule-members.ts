/** Members of a rule as people write them: spans as texts, operators by other names, nulls for what is not set. */
import { parseDurationMs } from '#base/units.ts';
import { joinPath, problem } from './rule-problems.ts';
import type { RuleProblem } from './rule-problems.ts';

export type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is null is not set: many clients write it so. Numbers that came as their text (`5.0`, see json-body.ts) are numbers. */
export function presentMembers(given: Members): Members {
  const present = Object.entries(given).filter(([, value]) => value !== null);
  return Object.fromEntries(present.map(([name, value]) => [name, isNumeric(name) ? numberOf(value) : value]));
}

const numericNames: ReadonlySet<string> = new Set(['threshold', 'recover_threshold', 'minimum_lines', 'factor', 'warn_at', 'sample_lines']);
const isNumeric = (name: string): boolean => numericNames.has(name) || name.endsWith('_ms') || name.endsWith('_seconds');

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value) ? Number(value) : value;
}

const comparisons: ReadonlyMap<string, string> = new Map([
  ['above', '>'],
  ['over', '>'],
  ['greater_than', '>'],
  ['gt', '>'],
  ['above_or_equal', '>='],
  ['at_least', '>='],
  ['gte', '>='],
  ['below', '<'],
  ['under', '<'],
  ['less_than', '<'],
  ['lt', '<'],
  ['below_or_equal', '<='],
  ['at_most', '<='],
  ['lte', '<='],
  ['equal', '='],
  ['equals', '='],
  ['eq', '='],
  ['==', '='],
]);

/** An operator from its spellings; what is none stays, for the schema to refuse. */
export function operatorOf(given: unknown): unknown {
  return typeof given === 'string' ? (comparisons.get(given.trim().toLowerCase()) ?? given.trim()) : given;
}

/** Whether a condition is met by few lines: then none at all are few too. */
export function countsDownwards({ kind, operator }: { readonly kind?: unknown; readonly operator?: unknown }): boolean {
  return (kind === 'count' || kind === 'rate') && (operator === '<' || operator === '<=');
}

/** `window: 5m` and `window_seconds: 300` become `window_ms: 300000`. */
export function readSpans(given: Members, names: readonly string[], path: string, problems: RuleProblem[]): Record<string, unknown> {
  const members: Record<string, unknown> = { ...given };
  for (const name of names) {
    const spellings = [`${name}_ms`, name, `${name}_seconds`].filter((spelling) => members[spelling] !== undefined);
    if (spellings.length === 0) continue;
    if (spellings.length > 1) problems.push(problem(joinPath(path, spellings[1]), `give either "${spellings[0]}" or "${spellings[1]}"`));
    const [spelling] = spellings;
    const value = members[spelling];
    for (const other of spellings) delete members[other];
    if (spelling === `${name}_ms`) members[spelling] = value;
    else {
      const spanMs = spelling === name ? spanOfText(value) : typeof value === 'number' ? Math.round(value * 1000) : undefined;
      const form = spelling === name ? 'must be a time span with a unit, such as "30s", "5m" or "1h30m"' : 'must be a number of seconds';
      if (spanMs === undefined) problems.push(problem(joinPath(path, spelling), form));
      members[`${name}_ms`] = spanMs ?? 60_000;
    }
  }
  return members;
}

function spanOfText(value: unknown): number | undefined {
  if (value === 0 || value === '0') return 0;
  if (typeof value !== 'string' || !/[a-zµ]/i.test(value)) return undefined;
  const spanMs = parseDurationMs(value);
  return spanMs === undefined || !Number.isFinite(spanMs) ? undefined : Math.round(spanMs);
}
