/** A state in one word: by its word, its form and its colour. */
import type { ReactNode } from 'react';
import { classes } from './class-names.ts';
import styles from './badge.module.css';

export type Tone = 'good' | 'caution' | 'danger' | 'quiet';

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <span className={classes(styles.badge, styles[tone])}>{children}</span>;
}
