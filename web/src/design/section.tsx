/** A part of a page with its title, a note beside it, and its tools. */
import type { ReactNode } from 'react';
import { classes } from './class-names.ts';
import styles from './section.module.css';

export interface SectionProps {
  readonly title: string;
  /** Of what time, how many: what its figures need to be read rightly. */
  readonly note?: ReactNode;
  readonly tools?: ReactNode;
  readonly padded?: boolean;
  readonly children: ReactNode;
  readonly className?: string;
  readonly id?: string;
}

export function Section({ title, note, tools, padded = false, children, className, id }: SectionProps) {
  return (
    <section id={id} aria-label={title} className={classes(styles.section, className)}>
      <header className={styles.header}>
        <h2>{title}</h2>
        <span className={styles.note}>{note}</span>
        {tools}
      </header>
      <div className={classes(styles.body, padded && styles.padded)}>{children}</div>
    </section>
  );
}
