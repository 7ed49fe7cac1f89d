/** One sentence: whether everything is arriving, and what is not. */
import type { Problem } from './status-facts.ts';
import styles from './status.module.css';

export function Verdict({ problems, isWhole }: { readonly problems: readonly Problem[]; readonly isWhole: boolean }) {
  const worst = problems.find(({ severity }) => severity !== 'note')?.severity ?? 'good';
  const sentence: Readonly<Record<string, string>> = {
    good: isWhole ? 'Everything is arriving.' : 'Looking…',
    caution: 'Not everything is arriving.',
    danger: 'Something is wrong.',
  };
  return (
    <div className={`${styles.verdict} ${styles[worst]}`} role="status" data-testid="verdict">
      <p>{sentence[worst]}</p>
      <ul>
        {problems.map(({ text, section }) => (
          <li key={text}>
            <a href={`#${section}`}>{text[0].toUpperCase() + text.slice(1)}</a>.
          </li>
        ))}
      </ul>
    </div>
  );
}
