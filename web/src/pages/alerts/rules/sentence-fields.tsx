/** Fields that stand within a sentence: a number, a length of time, a choice, a name, a query. What is typed stays as it is typed. */
import { useId, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { formatDurationMs, parseDurationMs } from '#base/units.ts';
import { classes } from '../../../design/class-names.ts';
import { Field, Select } from '../../../design/field.tsx';
import { QueryEditor } from '../../../query-editor/query-editor.tsx';
import { useProblemAt, useProblemsWithin } from './field-problems.ts';
import styles from './rules.module.css';

interface Placed {
  readonly label: string;
  /** Member of the rule, as the server names it in what it says. */
  readonly path: string;
}

interface TypedProps<T> extends Placed {
  readonly value: T | undefined;
  readonly onChange: (value: T | undefined) => void;
  /** Stands where nothing is typed: what that means. An empty field without it is a problem. */
  readonly placeholder?: string;
  readonly wide?: boolean;
  /** Stands behind it, and is never parted from it. */
  readonly unit?: string;
}

/** A typed text whose meaning is another value: keeps the text while it means the value. */
function useTyped<T>(value: T | undefined, read: (text: string) => T | undefined, show: (value: T) => string) {
  const [typed, setTyped] = useState('');
  const means = read(typed);
  // what means nothing stays as it is typed; another value that came from elsewhere is shown
  const text = means === value ? typed : value === undefined ? '' : show(value);
  return [text, setTyped] as const;
}

/** `scale` 100: a share that is typed in percent. */
export function NumberField({
  label,
  path,
  value,
  onChange,
  placeholder,
  wide,
  unit,
  scale = 1,
}: TypedProps<number> & { readonly scale?: number }) {
  const read = (text: string): number | undefined => {
    const number = text.trim() === '' ? Number.NaN : Number(text.replaceAll(/[,_\s]/g, ''));
    return Number.isFinite(number) ? rounded(number / scale) : undefined;
  };
  const [text, setTyped] = useTyped(value, read, (number) => String(rounded(number * scale)));
  const problem = useProblemAt(path);
  const isWrong = text.trim() === '' ? placeholder === undefined : read(text) === undefined;
  const field = (
    <Field
      className={classes(styles.number, wide && styles.wideNumber)}
      label={label}
      hideLabel
      mono
      inputMode="decimal"
      value={text}
      placeholder={placeholder}
      aria-invalid={isWrong || problem !== undefined}
      title={problem ?? label}
      onChange={(next) => {
        setTyped(next);
        onChange(read(next));
      }}
    />
  );
  if (unit === undefined || unit === '') return field;
  return (
    <span className={styles.withUnit}>
      {field} {unit}
    </span>
  );
}

/** Without the noise of binary fractions. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

export function SpanField({ label, path, value, onChange, placeholder }: TypedProps<number>) {
  const read = (text: string): number | undefined => {
    const ms = text.trim() === '' || /^[\d.\s]+$/.test(text) ? undefined : parseDurationMs(text);
    return ms === undefined ? undefined : Math.round(ms);
  };
  const [text, setTyped] = useTyped(value, read, formatDurationMs);
  const problem = useProblemAt(path);
  const isWrong = text.trim() === '' ? placeholder === undefined : read(text) === undefined;
  return (
    <Field
      className={styles.span}
      label={label}
      hideLabel
      mono
      value={text}
      placeholder={placeholder}
      aria-invalid={isWrong || problem !== undefined}
      title={problem ?? `${label}: such as 90s, 5m, 1h, 1d`}
      onChange={(next) => {
        setTyped(next);
        onChange(read(next));
      }}
    />
  );
}

interface ChoiceProps<T extends string> extends Placed {
  readonly value: T;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly onChange: (value: T) => void;
}

export function Choice<T extends string>({ label, path, value, options, onChange }: ChoiceProps<T>) {
  return (
    <Select
      className={styles.choice}
      label={label}
      hideLabel
      value={value}
      options={options}
      onChange={onChange}
      title={useProblemAt(path) ?? label}
    />
  );
}

/** Name of a field of the lines, with those that there are. */
export function NameField({ label, path, value, onChange, names }: Placed & NameProps) {
  const list = useId();
  const problem = useProblemAt(path);
  return (
    <>
      <Field
        className={styles.name}
        label={label}
        hideLabel
        mono
        list={list}
        value={value}
        aria-invalid={value.trim() === '' || problem !== undefined}
        title={problem ?? label}
        onChange={onChange}
      />
      <datalist id={list}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}

interface NameProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly names: readonly string[];
}

interface QueryFieldProps extends Placed {
  readonly value: string;
  readonly onChange: (query: string) => void;
  readonly placeholder: string;
}

/** A query with completion and its errors at the character; what the server says besides stands below. */
export function QueryField({ label, path, value, onChange, placeholder }: QueryFieldProps) {
  const problem = useProblemAt(path);
  const scope = useMemo(() => {
    const nowMs = Date.now();
    return { timeRange: { from: new Date(nowMs - 3_600_000).toISOString(), to: new Date(nowMs).toISOString() } };
  }, []);
  return (
    <div className={styles.query}>
      <QueryEditor
        label={label}
        placeholder={placeholder}
        query={value}
        onSubmit={onChange}
        onDraft={onChange}
        onLeave={() => {}}
        scope={scope}
      />
      {problem === undefined ? null : (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

/** Words and fields in a row that breaks like a text. */
export function Sentence({
  children,
  path,
  shown,
}: {
  readonly children: ReactNode;
  readonly path: string;
  readonly shown?: readonly string[];
}) {
  const problems = useProblemsWithin(path, shown);
  return (
    <>
      <div className={styles.sentence}>{children}</div>
      {problems.map(({ field, message, setting }) => (
        <p key={`${field}${message}`} className={styles.problem} role="alert">
          {message}
          {setting === undefined || message.includes(setting) ? '' : ` (setting ${setting})`}
        </p>
      ))}
    </>
  );
}
