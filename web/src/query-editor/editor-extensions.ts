/** The parts of the editor: one line that grows, colours, pills, problems, keys. */
import {
  acceptCompletion,
  autocompletion,
  closeCompletion,
  completionKeymap,
  completionStatus,
  startCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { Decoration, EditorView, WidgetType, keymap, placeholder } from '@codemirror/view';
import type { DecorationSet } from '@codemirror/view';
import { completionSource } from './completions.ts';
import type { CompletionScope } from './completions.ts';
import { pillsOf } from './filter-pills.ts';
import { highlightQuery } from './highlight-spans.ts';
import type { QueryProblem } from './highlight-spans.ts';

export interface EditorHandlers {
  readonly onSubmit: (text: string) => void;
  readonly onChange: (text: string) => void;
  readonly onLeave: () => void;
  readonly scope: () => CompletionScope;
  readonly label?: string | undefined;
  readonly placeholder?: string | undefined;
}

const listRestMs = 75;

export function editorExtensions(handlers: EditorHandlers): Extension[] {
  return [
    oneLine,
    history(),
    EditorView.lineWrapping,
    placeholder(handlers.placeholder ?? (window.innerWidth > 720 ? 'Search: words, "a phrase", field:value, level>=WARN …' : 'Search')),
    colours(handlers.onSubmit),
    problemMarks,
    autocompletion({
      override: [completionSource(handlers.scope)],
      icons: false,
      activateOnTypingDelay: 80,
      interactionDelay: listRestMs,
      maxRenderedOptions: 30,
    }),
    keymap.of([
      { key: 'Enter', run: (view) => acceptCompletion(view) || submitted(view, handlers) },
      { key: 'Mod-Enter', run: (view) => submitted(view, handlers) },
      { key: 'Tab', run: (view) => acceptCompletion(view) || acceptedSoon(view) },
      {
        key: 'ArrowDown',
        run: (view) => (completionStatus(view.state) === null && view.state.doc.length === 0 ? startCompletion(view) : false),
      },
      { key: 'Escape', run: (view) => closeCompletion(view) || left(handlers) },
      ...completionKeymap.filter(({ key }) => key !== 'Enter' && key !== 'Escape'),
      ...historyKeymap,
      ...defaultKeymap.filter(({ key }) => key !== 'Enter' && key !== 'Mod-Enter' && key !== 'Escape' && key !== 'Mod-/'),
    ]),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      handlers.onChange(update.state.doc.toString());
      // an id that was pasted into an empty box is the whole question
      const isPaste = update.transactions.some((transaction) => transaction.isUserEvent('input.paste'));
      if (isPaste && update.startState.doc.length === 0) setTimeout(() => handlers.onSubmit(update.state.doc.toString()));
    }),
    EditorView.contentAttributes.of({
      'aria-label': handlers.label ?? 'Query',
      spellcheck: 'false',
      autocapitalize: 'off',
      autocorrect: 'off',
    }),
    EditorView.cspNonce.of(document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''),
  ];
}

/**
 * A list that has only just come takes no keys yet, so that an Enter typed before it was seen does not choose from it. A Tab
 * has no other meaning than to choose: it waits that moment.
 */
function acceptedSoon(view: EditorView): boolean {
  if (completionStatus(view.state) !== 'active') return false;
  setTimeout(() => acceptCompletion(view), listRestMs);
  return true;
}

function submitted(view: EditorView, { onSubmit }: EditorHandlers): true {
  closeCompletion(view);
  onSubmit(view.state.doc.toString());
  return true;
}

function left({ onLeave }: EditorHandlers): true {
  onLeave();
  return true;
}

/** Pasted line breaks are blanks: a query is one line. */
const oneLine = EditorState.transactionFilter.of((transaction) => {
  if (!transaction.docChanged || transaction.newDoc.lines === 1) return transaction;
  const text = transaction.newDoc
    .toString()
    .replace(/\s*\n\s*/g, ' ')
    .trim();
  return {
    changes: { from: 0, to: transaction.startState.doc.length, insert: text },
    selection: { anchor: text.length },
    userEvent: 'input.paste',
  };
});

function colours(onSubmit: (text: string) => void): Extension {
  const decorate = (text: string): DecorationSet => decorations(text, onSubmit);
  return StateField.define<DecorationSet>({
    create: (state) => decorate(state.doc.toString()),
    update: (before, transaction) => (transaction.docChanged ? decorate(transaction.newDoc.toString()) : before),
    provide: (field) => EditorView.decorations.from(field),
  });
}

function decorations(text: string, onSubmit: (text: string) => void): DecorationSet {
  const spans = highlightQuery(text);
  const marks = spans
    .filter(({ start, end }) => end > start)
    .map(({ kind, start, end }) => Decoration.mark({ class: `query-${kind}` }).range(start, end));
  const pills = pillsOf(text, spans).flatMap(({ start, end, without }) => [
    Decoration.mark({ class: 'query-pill' }).range(start, end),
    ...(without === undefined
      ? []
      : [Decoration.widget({ widget: new RemoveButton(text.slice(start, end), without, onSubmit), side: 1 }).range(end)]),
  ]);
  return Decoration.set([...marks, ...pills], true);
}

/** Takes a filter out of the query and asks again. */
class RemoveButton extends WidgetType {
  readonly #filter: string;
  readonly #without: string;
  readonly #onSubmit: (text: string) => void;

  constructor(filter: string, without: string, onSubmit: (text: string) => void) {
    super();
    this.#filter = filter;
    this.#without = without;
    this.#onSubmit = onSubmit;
  }

  override eq(other: RemoveButton): boolean {
    return other.#filter === this.#filter && other.#without === this.#without;
  }

  override toDOM(): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'query-remove';
    button.tabIndex = -1;
    button.textContent = '×';
    button.title = `Remove ${this.#filter}`;
    button.setAttribute('aria-label', `Remove the filter ${this.#filter}`);
    button.addEventListener('mousedown', (event) => event.preventDefault());
    button.addEventListener('click', () => this.#onSubmit(this.#without));
    return button;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

/** What is wrong with the text, shown at its place. */
export const setProblems = StateEffect.define<readonly QueryProblem[]>();

const problemMarks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (before, transaction) => {
    for (const effect of transaction.effects) if (effect.is(setProblems)) return marksOf(effect.value, transaction.newDoc.length);
    return transaction.docChanged ? before.map(transaction.changes) : before;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marksOf(problems: readonly QueryProblem[], length: number): DecorationSet {
  const inside = problems.filter(({ start, end }) => start < end && end <= length);
  return Decoration.set(
    inside.map(({ severity, start, end }) => Decoration.mark({ class: `query-${severity}` }).range(start, end)),
    true,
  );
}
