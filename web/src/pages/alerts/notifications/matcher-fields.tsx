/** What incidents must have: labels with values, all of which must match. */
import { useId } from 'react';
import type { Matcher } from '../../../api/operations.ts';
import { Button, IconButton } from '../../../design/button.tsx';
import { Field, Select } from '../../../design/field.tsx';
import styles from './notifications.module.css';

interface MatcherFieldsProps {
  readonly matchers: readonly Matcher[];
  readonly onChange: (matchers: readonly Matcher[]) => void;
  /** Said where there is none. */
  readonly none: string;
}

type Operator = NonNullable<Matcher['operator']>;
const operators: readonly (readonly [Operator, string])[] = [
  ['=', 'is'],
  ['!=', 'is not'],
  ['=~', 'matches'],
  ['!~', 'matches not'],
];
const usualLabels = ['service', 'host', 'environment', 'severity', 'rule', 'team'];

export function MatcherFields({ matchers, onChange, none }: MatcherFieldsProps) {
  const list = useId();
  const set = (index: number, changes: Partial<Matcher>): void => onChange(matchers.with(index, { ...matchers[index], ...changes }));
  return (
    <div className={styles.matchers} role="group" aria-label="Matchers">
      {matchers.length === 0 ? <p className={styles.none}>{none}</p> : null}
      {matchers.map((matcher, index) => (
        <div key={index} className={styles.matcher}>
          <Field
            label="Label"
            hideLabel
            mono
            list={list}
            placeholder="label"
            value={matcher.label}
            onChange={(label) => set(index, { label })}
          />
          <Select<Operator>
            label="Compared"
            hideLabel
            value={matcher.operator ?? '='}
            options={operators}
            onChange={(operator) => set(index, { operator })}
          />
          <Field label="Value" hideLabel mono placeholder="value" value={matcher.value} onChange={(value) => set(index, { value })} />
          <IconButton
            icon="close"
            label={`Remove ${matcher.label || 'this matcher'}`}
            onClick={() => onChange(matchers.toSpliced(index, 1))}
          />
        </div>
      ))}
      <Button look="quiet" icon="plus" onClick={() => onChange([...matchers, { label: '', value: '' }])}>
        Matcher
      </Button>
      <datalist id={list}>
        {usualLabels.map((label) => (
          <option key={label} value={label} />
        ))}
      </datalist>
    </div>
  );
}
