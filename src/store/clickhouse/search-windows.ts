/**
 * How much of the committed table a search by time reads first. A window that is too large reads lines for nothing, one that is
 * too small costs another statement; so it is made for about eight times the lines that are wanted.
 */
import type { QueryNode } from '#language/ast.ts';
import { resolveField } from '#language/fields.ts';
import { isLookup, isNarrow } from '#language/selectivity.ts';

/** A lookup comes to its end, so it wants few windows; for a word, and for what no table below tells of, nobody knows. */
const lookupRows = 16_777_216;
const narrowRows = 262_144;
const unknownRows = 65_536;

const linesPerWanted = 8;
const leastRows = 16_384;
const mostRows = 1_048_576;

/** Guessed: one value of such a column has this share of the lines. */
const shareOfValue = { level: 1 / 8, service: 1 / 16, host: 1 / 64, environment: 1 / 2 } as const;

/** Lines of the first window where `wantedLines` are to be found. */
export function firstWindowRows(where: QueryNode, wantedLines: number): number {
  if (isLookup(where)) return lookupRows;
  if (isNarrow(where)) return narrowRows;
  const share = guessedShare(where);
  if (share === undefined) return unknownRows;
  return Math.min(mostRows, Math.max(leastRows, Math.ceil((wantedLines * linesPerWanted) / share)));
}

/** Of lines that match; undefined where the form of the query does not tell. */
function guessedShare(node: QueryNode): number | undefined {
  switch (node.kind) {
    case 'all':
      return 1;
    case 'field-equals': {
      const target = resolveField(node.field);
      if (target.kind === 'level') return Math.min(1, shareOfValue.level * node.values.length);
      return target.kind === 'dictionary' ? Math.min(1, shareOfValue[target.column] * node.values.length) : undefined;
    }
    case 'and':
      return node.children
        .map(guessedShare)
        .reduce((product, share) => (product === undefined || share === undefined ? undefined : product * share));
    default:
      return undefined;
  }
}
