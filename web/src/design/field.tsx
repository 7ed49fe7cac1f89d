/** Fields of forms, each with its label and, where it has one, its problem. */
import { useId } from 'react';
import type { InputHTMLAttributes, ReactNode, Ref, SelectHTMLAttributes } from 'react';
import { classes } from './class-names.ts';
import styles from './field.module.css';

interface Labelled {
  readonly label: string;
  /** Only read out; for fields whose place says what they are. */
  readonly hideLabel?: boolean;
  readonly problem?: string;
}

export interface FieldProps extends Labelled, Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** For what is data: queries, names of fields. */
  readonly mono?: boolean;
  readonly ref?: Ref<HTMLInputElement>;
}

export function Field({ label, hideLabel, problem, value, onChange, mono, className, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className={classes(styles.field, className)}>
      {hideLabel ? null : (
        <label className={styles.label} htmlFor={id}>
          {label}
        </label>
      )}
      <input
        id={id}
        className={classes(styles.input, mono && styles.mono)}
        aria-label={hideLabel ? label : undefined}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
        value={value}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
      <Problem id={`${id}-problem`} text={problem} />
    </div>
  );
}

function Problem({ id, text }: { readonly id: string; readonly text: string | undefined }) {
  return text === undefined ? null : (
    <p id={id} className={styles.problem} role="alert">
      {text}
    </p>
  );
}

export interface SelectProps<T extends string> extends Labelled, Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'value'> {
  readonly value: T;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly onChange: (value: T) => void;
}

export function Select<T extends string>({ label, hideLabel, problem, value, options, onChange, className, ...rest }: SelectProps<T>) {
  const id = useId();
  return (
    <div className={classes(styles.field, className)}>
      {hideLabel ? null : (
        <label className={styles.label} htmlFor={id}>
          {label}
        </label>
      )}
      <select
        id={id}
        className={styles.select}
        aria-label={hideLabel ? label : undefined}
        value={value}
        onChange={(event) => onChange(event.target.value as T)}
        {...rest}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
      <Problem id={`${id}-problem`} text={problem} />
    </div>
  );
}

export interface ToggleProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children: ReactNode;
}

export function Toggle({ checked, onChange, children }: ToggleProps) {
  return (
    <label className={styles.toggle}>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {children}
    </label>
  );
}
