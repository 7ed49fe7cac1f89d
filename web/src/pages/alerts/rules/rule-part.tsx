/** A part of the form of a rule, with its name. */
import type { ReactNode } from 'react';
import type { AlertRule } from '../../../api/operations.ts';
import styles from './rules.module.css';

export interface PartProps {
  readonly rule: AlertRule;
  readonly change: (changes: Partial<AlertRule>) => void;
}

export function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <fieldset className={styles.part}>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}
