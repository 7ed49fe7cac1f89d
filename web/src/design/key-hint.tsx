/** A key, or several after one another, as it stands on the keyboard. */
import { Fragment } from 'react';
import styles from './key-hint.module.css';

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const shownNames: Readonly<Record<string, string>> = {
  Escape: 'Esc',
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  ' ': 'Space',
  Ctrl: isMac ? '⌘' : 'Ctrl',
};

export function KeyHint({ keys }: { readonly keys: string }) {
  const strokes = keys === ' ' ? [' '] : keys.split(' ');
  return (
    <span className={styles.hint}>
      {strokes.map((stroke, index) => (
        <Fragment key={index}>
          {stroke.split(/\+(?=.)/).map((key) => (
            <kbd key={key} className={styles.key}>
              {shownNames[key] ?? (key.length === 1 && stroke.length > 1 ? key.toUpperCase() : key)}
            </kbd>
          ))}
        </Fragment>
      ))}
    </span>
  );
}
