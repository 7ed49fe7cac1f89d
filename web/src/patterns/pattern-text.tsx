/** A template as text, its variable parts tinted. */
import { toVisibleText } from '../log-list/visible-text.ts';
import styles from './patterns.module.css';

export function PatternText({ text }: { readonly text: string }) {
  return (
    <bdi dir="ltr">
      {text.split(/(<\*>)/).map((piece, index) =>
        piece === '<*>' ? (
          <span key={index} className={styles.variable} title="differs from line to line">
            ∗
          </span>
        ) : (
          toVisibleText(piece)
        ),
      )}
    </bdi>
  );
}
