/** The state of the Explorer, as its address holds it. */
import { choice, flag, list, text, urlState } from '../../app/url-state.ts';
import type { StateOf, Update } from '../../app/url-state.ts';
import type { TimeChoice } from '../../time-range/time-choice.ts';

export const contextScopes = ['all', 'service', 'host', 'source', 'trace'] as const;
export type ContextScope = (typeof contextScopes)[number];

export const explorerView = urlState({
  /** The query. */
  q: text(),
  /** The range: `last`, or `from` and `to`. */
  last: text('15m'),
  from: text(),
  to: text(),
  /** What the list's place shows. */
  show: choice(['lines', 'patterns', 'compare'], 'lines'),
  live: flag(),
  sort: choice(['desc', 'asc'], 'desc'),
  /** Fields as columns beside time, level and message. */
  col: list(),
  wrap: flag(),
  /** What the bars are divided by. */
  by: text('level'),
  /** The open line, and what of it is shown. */
  line: text(),
  panel: choice(['line', 'context', 'trace', 'pattern'], 'line'),
  scope: choice(contextScopes, 'host'),
  /** A trace that was opened without a line. */
  trace: text(),
  /** The instant that parts before from after, in a comparison. */
  at: text(),
});

export type ExplorerState = StateOf<typeof explorerView>;
export type UpdateExplorer = Update<typeof explorerView>;

export function choiceOf({ last, from, to }: Pick<ExplorerState, 'last' | 'from' | 'to'>): TimeChoice {
  if (from === '') return { last };
  return to === '' ? { from } : { from, to };
}

/** A choice as parameters; those that it does not need are cleared. */
export function timeParameters(choice: TimeChoice): Pick<ExplorerState, 'last' | 'from' | 'to'> {
  return 'last' in choice ? { last: choice.last, from: '', to: '' } : { last: '15m', from: choice.from, to: choice.to ?? '' };
}

/** Columns of which a list without any chosen ones consists. */
export const usualColumns: readonly string[] = ['service', 'message'];

export function columnsOf({ col }: Pick<ExplorerState, 'col'>): readonly string[] {
  return col.length === 0 ? usualColumns : col;
}
