/** A message as text nodes, tinted and marked. What a row shows of a long one is bounded; the panel shows all of it. */
import { Fragment, memo } from 'react';
import { messageTokens } from './message-tokens.ts';
import styles from './message-text.module.css';

interface MessageTextProps {
  readonly text: string;
  readonly marks?: RegExp | undefined;
}

export const MessageText = memo(function MessageText({ text, marks }: MessageTextProps) {
  return messageTokens(text, marks).map(({ kind, text: piece, marked }, index) => {
    if (kind === 'text' && !marked) return <Fragment key={index}>{piece}</Fragment>;
    if (marked)
      return (
        <mark key={index} className={styles.mark}>
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
