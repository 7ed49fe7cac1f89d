/** A text of any length: stack frames are folded, and of a very long one the beginning is shown until all is asked for. */
import { useState } from 'react';
import { Button } from '../design/button.tsx';
import { showBytes } from '../design/figures.ts';
import { MessageText } from '../log-list/message-text.tsx';
import { foldFrames } from './fold-frames.ts';
import styles from './line-panel.module.css';

const shownChars = 12_000;
/** Beyond this, text is shown plainly: a million tinted pieces would stop the page. */
const tintedChars = 60_000;

export function LongText({ text, marks }: { readonly text: string; readonly marks: readonly RegExp[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? text : text.slice(0, shownChars);
  return (
    <>
      <pre className={styles.text} dir="ltr">
        {shown.length > tintedChars ? shown : foldFrames(shown).map((part, index) => <Part key={index} part={part} marks={marks} />)}
      </pre>
      {shown.length < text.length ? (
        <Button look="quiet" onClick={() => setAll(true)}>
          Show all ({showBytes(text.length)})
        </Button>
      ) : null}
    </>
  );
}

function Part({ part, marks }: { readonly part: ReturnType<typeof foldFrames>[number]; readonly marks: readonly RegExp[] }) {
  const [open, setOpen] = useState(false);
  if (part.kind === 'text' || open) return <MessageText text={part.text} marks={marks} />;
  return (
    <button type="button" className={styles.fold} onClick={() => setOpen(true)}>
      {part.lines} more frames
    </button>
  );
}
