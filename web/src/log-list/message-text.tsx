/** A message as text nodes, tinted and marked. What a row shows of a long one is bounded; the panel shows all of it. */
import { Fragment, memo } from 'react';
import { messageTokens } from './message-tokens.ts';
import styles from './message-text.module.css';

interface MessageTextProps {
  readonly text: string;
  /** What was searched for first, then what a person watches out for. */
  readonly marks?: readonly RegExp[] | undefined;
}

export const MessageText = memo(function MessageText({ text, marks }: MessageTextProps) {
  return messageTokens(text, marks).map(({ kind, text: piece, mark }, index) => {
    if (kind === 'text' && mark === 0) return <Fragment key={index}>{piece}</Fragment>;
    if (mark > 0)
      return (
        <mark key={index} className={styles.mark} data-mark={(mark - 1) % 5}>
          {piece}
        </mark>
      );
    return (
      <span key={index} className={styles[kind]} title={kind === 'unseen' ? 'a character that is not seen' : undefined}>
        {piece}
      </span>
    );
  });
});
