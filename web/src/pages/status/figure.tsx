/** A figure with its name. */
import type { ReactNode } from 'react';
import { classes } from '../../design/class-names.ts';
import styles from './status.module.css';

export function Figure({ name, bad = false, children }: { readonly name: string; readonly bad?: boolean; readonly children: ReactNode }) {
  return (
    <div className={classes(styles.figure, bad && styles.bad)}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
