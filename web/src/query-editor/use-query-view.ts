/** The editor itself, made once and told what changes. */
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useLayoutEffect, useRef } from 'react';
import type { RefObject } from 'react';
import type { CompletionScope } from './completions.ts';
import { editorExtensions } from './editor-extensions.ts';

export interface QueryViewHandlers {
  readonly onSubmit: (text: string) => void;
  readonly onChange: (text: string) => void;
  readonly onLeave: () => void;
  readonly scope: CompletionScope;
  readonly label?: string | undefined;
  readonly placeholder?: string | undefined;
}

export function useQueryView(
  host: RefObject<HTMLDivElement | null>,
  query: string,
  handlers: QueryViewHandlers,
): RefObject<EditorView | undefined> {
  const view = useRef<EditorView>(undefined);
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useLayoutEffect(() => {
    const extensions = editorExtensions({
      onSubmit: (text) => latest.current.onSubmit(text),
      onChange: (text) => latest.current.onChange(text),
      onLeave: () => {
        view.current?.contentDOM.blur();
        latest.current.onLeave();
      },
      scope: () => latest.current.scope,
      label: latest.current.label,
      placeholder: latest.current.placeholder,
    });
    const own = new EditorView({ parent: host.current!, state: EditorState.create({ doc: query, extensions }) });
    view.current = own;
    return () => own.destroy();
  }, [host]);
  useEffect(() => {
    if (view.current !== undefined && view.current.state.doc.toString() !== query) setText(view.current, query);
  }, [query]);
  return view;
}

/** Another text, the caret behind it. */
export function setText(view: EditorView, text: string): void {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: text.length } });
}
