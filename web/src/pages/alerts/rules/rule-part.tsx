/** A part of the form of a rule, with its name. */
import type { ReactNode } from 'react';
import type { RuleBody } from '../../../alerts/rule-model.ts';
import styles from './rules.module.css';

export interface PartProps {
  readonly rule: RuleBody;
  readonly change: (changes: Partial<RuleBody>) => void;
}

export function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <fieldset className={styles.part}>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}
