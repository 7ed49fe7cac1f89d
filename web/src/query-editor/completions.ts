/** What the editor proposes: recent queries, names of fields, values of a field; ranked by how frequent they are in the selection. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { startCompletion } from '@codemirror/autocomplete';
import { call } from '../api/client.ts';
import { showShortCount } from '../design/figures.ts';
import { levelNames } from '../design/levels.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import { completionAt, fieldInsert, valueInsert } from './completion-point.ts';
import type { CompletionPoint } from './completion-point.ts';
import { recentQueries } from './recent-queries.ts';

/** The lines among which candidates are counted, besides the rest of the query. */
export interface CompletionScope {
  readonly timeRange: { readonly from: string; readonly to: string } | undefined;
}

const wanted = 30;

export function completionSource(scope: () => CompletionScope) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const text = context.state.doc.toString();
    if (text.trim() === '') return context.explicit ? recent(text) : null;
    const point = completionAt(text, context.pos);
    if (point === undefined || (point.field === undefined && point.prefix === '' && !context.explicit)) return null;
    const abort = new AbortController();
    context.addEventListener('abort', () => abort.abort());
    const options = await candidates(point, scope(), abort.signal).catch(() => []);
    const matching = point.field === undefined ? [...options, ...recentWith(text, point.prefix)] : options;
    return matching.length === 0 ? null : { from: point.from, to: point.to, options: matching, filter: false };
  };
}

function recent(text: string): CompletionResult {
  return {
    from: 0,
    to: text.length,
    filter: false,
    options: recentQueries()
      .slice(0, 12)
      .map((query) => ({ label: query, type: 'recent', detail: 'recent' })),
  };
}

/** Recent queries that have the word; choosing one takes the place of all that was typed. */
function recentWith(text: string, prefix: string): Completion[] {
  const word = prefix.toLowerCase();
  return recentQueries()
    .filter((query) => query !== text && query.toLowerCase().includes(word))
    .slice(0, 4)
    .map((query) => ({
      label: query,
      type: 'recent',
      detail: 'recent',
      apply: (view) =>
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: query }, selection: { anchor: query.length } }),
    }));
}

async function candidates(
  { field, prefix, rest }: CompletionPoint,
  { timeRange }: CompletionScope,
  signal: AbortSignal,
): Promise<Completion[]> {
  const query = { prefix, limit: wanted, ...(field === undefined ? {} : { field }), ...(rest === '' ? {} : { query: rest }), ...timeRange };
  const { values } = await call('fieldValues', { query }, signal);
  const found = values.map(({ value, lines }) => ({ value, detail: showShortCount(lines) }));
  if (field === undefined) return found.map(({ value, detail }, index) => fieldOption(value, detail, index));
  const all = field === 'level' ? withLevels(found, prefix) : found;
  return all.map(({ value, detail }, index) => ({
    label: toVisibleText(value),
    type: 'value',
    detail,
    boost: -index,
    apply: valueInsert(value),
  }));
}

function withLevels(found: readonly { value: string; detail: string }[], prefix: string): readonly { value: string; detail: string }[] {
  // the levels come always: their names are few and have an order
  const missing = levelNames.filter((level) => level.startsWith(prefix.toUpperCase()) && !found.some(({ value }) => value === level));
  return [...found, ...missing.map((value) => ({ value, detail: '' }))];
}

/** A chosen name goes on with its values. */
function fieldOption(name: string, detail: string, index: number): Completion {
  return {
    label: toVisibleText(name),
    type: 'field',
    detail,
    boost: -index,
    apply: (view, _completion, from, to) => {
      const insert = fieldInsert(name);
      const hasColon = view.state.sliceDoc(to, to + 1) === ':';
      view.dispatch({ changes: { from, to: hasColon ? to + 1 : to, insert }, selection: { anchor: from + insert.length } });
      startCompletion(view);
    },
  };
}
