/** A level by its word and its colour. */
import styles from './level-mark.module.css';

/** The class that sets `--level` for what stands in it. */
export function levelClass(level: string | null): string {
  return styles[level === null ? 'none' : level.toLowerCase()] ?? styles['none'];
}

/** The class of a level's word. */
export function levelWordClass(level: string | null): string {
  return `${styles.word} ${levelClass(level)}`;
}

export function LevelMark({ level }: { readonly level: string | null }) {
  return <span className={levelWordClass(level)}>{level ?? '–'}</span>;
}
