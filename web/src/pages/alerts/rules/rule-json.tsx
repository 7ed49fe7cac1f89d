/** The rule as JSON: the model, or the shape of any of the APIs, which the server reads alike. */
import { useState } from 'react';
import type { RuleProblem } from '../../../api/operations.ts';
import pageStyles from '../alerts-page.module.css';
import styles from './rules.module.css';

interface RuleJsonProps {
  readonly draft: unknown;
  readonly onChange: (draft: unknown) => void;
  readonly problems: readonly RuleProblem[];
}

export function RuleJson({ draft, onChange, problems }: RuleJsonProps) {
  const [typed, setTyped] = useState(() => printed(draft));
  const text = sameJson(typed, draft) || parsed(typed) === undefined ? typed : printed(draft);
  const isJson = parsed(text) !== undefined;
  return (
    <div className={styles.json}>
      <textarea
        aria-label="Rule as JSON"
        aria-invalid={!isJson || problems.length > 0}
        spellCheck={false}
        value={text}
        rows={Math.max(18, text.split('\n').length + 1)}
        onChange={({ target: { value } }) => {
          setTyped(value);
          const next = parsed(value);
          if (next !== undefined) onChange(next.value);
        }}
      />
      {isJson ? null : (
        <p className={pageStyles.problem} role="alert">
          This is no JSON yet.
        </p>
      )}
      {isJson
        ? problems.map(({ field, message }) => (
            <p key={field + message} className={pageStyles.problem} role="alert">
              {field === '' ? '' : `${field}: `}
              {message}
            </p>
          ))
        : null}
      <p className={pageStyles.note}>Spans may be texts: “window: 5m” for “window_ms: 300000”. Rules of all three APIs are read here.</p>
    </div>
  );
}

function printed(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function sameJson(text: string, value: unknown): boolean {
  const found = parsed(text);
  return found !== undefined && JSON.stringify(found.value) === JSON.stringify(value);
}
