/** A share in percent, and as a bar. */
import { showPercent } from '../../design/figures.ts';
import styles from './status.module.css';

export function Share({ percent }: { readonly percent: number }) {
  return (
    <>
      {showPercent(percent)}
      <span className={styles.bar}>
        <i style={{ width: `${Math.min(100, percent)}%` }} />
      </span>
    </>
  );
}
