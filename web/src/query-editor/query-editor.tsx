/**
 * The search box. What is typed is a draft until it is asked (Enter); errors are told at the character by the server's own
 * parser, running here.
 */
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import type { Ref } from 'react';
import { Icon } from '../design/icon.tsx';
import type { CompletionScope } from './completions.ts';
import { editorExtensions, setProblems } from './editor-extensions.ts';
import { problemsOf } from './highlight-spans.ts';
import type { QueryProblem } from './highlight-spans.ts';
import styles from './query-editor.module.css';

export interface QueryEditorHandle {
  readonly focus: () => void;
  /** Puts a text in and asks it. */
  readonly submit: (text: string) => void;
}

interface QueryEditorProps {
  readonly ref?: Ref<QueryEditorHandle>;
  /** The query that is asked at present. */
  readonly query: string;
  readonly onSubmit: (query: string) => void;
  readonly onDraft: (text: string) => void;
  readonly onLeave: () => void;
  readonly scope: CompletionScope;
}

/** Nothing is said against a text that is still being typed. */
const patienceMs = 700;

export function QueryEditor({ ref, query, onSubmit, onDraft, onLeave, scope }: QueryEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(undefined);
  const [problems, setProblemList] = useState<readonly QueryProblem[]>([]);
  const [draft, setDraft] = useState(query);
  const latest = useRef({ onSubmit, onDraft, onLeave, scope });
  useEffect(() => {
    latest.current = { onSubmit, onDraft, onLeave, scope };
  });

  const show = (found: readonly QueryProblem[]): void => {
    setProblemList(found);
    editor.current?.dispatch({ effects: setProblems.of(found) });
  };
  const submit = (text: string): void => {
    const found = problemsOf(text);
    show(found);
    if (!found.some(({ severity }) => severity === 'error')) latest.current.onSubmit(text);
  };
  useLayoutEffect(() => {
    const extensions = editorExtensions({
      onSubmit: (text) => submit(text),
      onChange: (text) => {
        setDraft(text);
        latest.current.onDraft(text);
      },
      onLeave: () => {
        editor.current?.contentDOM.blur();
        latest.current.onLeave();
      },
      scope: () => latest.current.scope,
    });
    const view = new EditorView({ parent: host.current!, state: EditorState.create({ doc: query, extensions }) });
    editor.current = view;
    return () => view.destroy();
  }, []);
  useEffect(() => {
    const view = editor.current;
    if (view !== undefined && view.state.doc.toString() !== query)
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: query }, selection: { anchor: query.length } });
  }, [query]);
  useEffect(() => {
    const timer = setTimeout(() => show(problemsOf(draft)), draft === query ? 0 : patienceMs);
    return () => clearTimeout(timer);
  }, [draft, query]);
  useImperativeHandle(ref, () => ({
    focus: () => {
      const view = editor.current;
      view?.focus();
      view?.dispatch({ selection: { anchor: 0, head: view.state.doc.length } });
    },
    submit: (text) => {
      const view = editor.current;
      view?.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      submit(text);
    },
  }));

  const [problem] = problems;
  return (
    <div className={styles.box} role="search" data-problem={problem?.severity}>
      <Icon name="search" size={14} />
      <div ref={host} className={styles.editor} />
      {draft === '' ? null : (
        <button type="button" className={styles.clear} aria-label="Clear the query" title="Clear the query" onClick={() => submitText('')}>
          <Icon name="close" size={12} />
        </button>
      )}
      <div className={styles.problem} role="status" hidden={problem === undefined}>
        {problem?.message}
      </div>
    </div>
  );

  function submitText(text: string): void {
    const view = editor.current;
    view?.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    submit(text);
    view?.focus();
  }
}
