/** Which stretches of a query are filters on a field, so that the editor can show each as a pill that can be taken out. */
import { tryParse } from './edit-filters.ts';
import type { QuerySpan } from './highlight-spans.ts';

export interface FilterPill {
  readonly start: number;
  readonly end: number;
  /** The query without it; undefined where that would be no query. */
  readonly without: string | undefined;
}

/** In the order of the text. */
export function pillsOf(text: string, spans: readonly QuerySpan[]): FilterPill[] {
  const pills: FilterPill[] = [];
  for (let index = 0; index < spans.length; index++) {
    if (spans[index].kind !== 'field') continue;
    const before = spans[index - 1];
    const isNegated = before?.kind === 'operator' && before.end === spans[index].start;
    const start = isNegated ? before.start : spans[index].start;
    const last = lastOfPill(text, spans, index);
    if (last === index) continue;
    const { end } = spans[last];
    pills.push({ start, end, without: withoutPart(text, start, end) });
    index = last;
  }
  return pills;
}

/** The index of the last span that belongs to the field's value: a list up to its parenthesis, else what stands close. */
function lastOfPill(text: string, spans: readonly QuerySpan[], field: number): number {
  let depth = 0;
  for (let at = field; at + 1 < spans.length; at++) {
    const { kind, start } = spans[at + 1];
    if (depth === 0 && start !== spans[at].end) return at;
    if (kind !== 'paren') continue;
    depth += text[start] === '(' ? 1 : -1;
    if (depth < 0) return at;
    if (depth === 0) return at + 1;
  }
  return spans.length - 1;
}

function withoutPart(text: string, start: number, end: number): string | undefined {
  const before = text.slice(0, start).replace(/\b(?:AND|NOT)\s*$/, '');
  const after = text.slice(end).replace(/^\s*AND\b/, '');
  const rest = `${before.trimEnd()} ${after.trimStart()}`.trim();
  return tryParse(rest) === undefined ? undefined : rest;
}
