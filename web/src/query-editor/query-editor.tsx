/**
 * The search box. What is typed is a draft until it is asked (Enter); errors are told at the character by the server's own
 * parser, running here.
 */
import { useEffect, useImperativeHandle, useRef, useState } from 'react';
import type { Ref } from 'react';
import { Icon } from '../design/icon.tsx';
import type { CompletionScope } from './completions.ts';
import { setProblems } from './editor-extensions.ts';
import { problemsOf } from './highlight-spans.ts';
import type { QueryProblem } from './highlight-spans.ts';
import styles from './query-editor.module.css';
import { setText, useQueryView } from './use-query-view.ts';

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
  /** Where it is a field of a form, not the page's search. */
  readonly label?: string;
  readonly placeholder?: string;
}

/** Nothing is said against a text that is still being typed. */
const patienceMs = 700;

export function QueryEditor({ ref, query, onSubmit, onDraft, onLeave, scope, label, placeholder }: QueryEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const [problems, setProblemList] = useState<readonly QueryProblem[]>([]);
  const [draft, setDraft] = useState(query);
  const onChange = (text: string): void => {
    setDraft(text);
    onDraft(text);
  };
  const view = useQueryView(host, query, { onSubmit: submit, onChange, onLeave, scope, label, placeholder });
  useEffect(() => {
    const timer = setTimeout(() => show(problemsOf(draft)), draft === query ? 0 : patienceMs);
    return () => clearTimeout(timer);
  }, [draft, query]);
  useImperativeHandle(ref, () => ({ focus, submit: replace }));
  const [problem] = problems;
  return (
    <div className={styles.box} role={label === undefined ? 'search' : 'group'} aria-label={label} data-problem={problem?.severity}>
      <Icon name="search" size={14} />
      <div ref={host} className={styles.editor} />
      {draft === '' ? null : (
        <button type="button" className={styles.clear} aria-label="Clear the query" title="Clear the query" onClick={() => replace('')}>
          <Icon name="close" size={12} />
        </button>
      )}
      <div className={styles.problem} role="status" hidden={problem === undefined}>
        {problem?.message}
      </div>
    </div>
  );

  function show(found: readonly QueryProblem[]): void {
    setProblemList(found);
    view.current?.dispatch({ effects: setProblems.of(found) });
  }

  function submit(text: string): void {
    const found = problemsOf(text);
    show(found);
    if (found.some(({ severity }) => severity === 'error')) return;
    onSubmit(text);
    // the keys of the list are at hand
    view.current?.contentDOM.blur();
    onLeave();
  }

  function replace(text: string): void {
    if (view.current !== undefined) setText(view.current, text);
    submit(text);
    if (text === '') view.current?.focus();
  }

  function focus(): void {
    view.current?.focus();
    view.current?.dispatch({ selection: { anchor: 0, head: view.current.state.doc.length } });
  }
}
