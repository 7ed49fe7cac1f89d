/** Texts to watch out for: each gets a colour of its own in every message. */
import { useState } from 'react';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Field } from '../design/field.tsx';
import { MessageText } from './message-text.tsx';
import { useHighlights } from './use-marks.ts';

const most = 4;

export function HighlightsDialog({ onClose }: { readonly onClose: () => void }) {
  const [highlights, setHighlights] = useHighlights();
  const [texts, setTexts] = useState(() => Array.from({ length: most }, (_, index) => highlights[index] ?? ''));
  const save = (): void => {
    setHighlights(texts.map((text) => text.trim()).filter((text) => text !== ''));
    onClose();
  };
  return (
    <Dialog
      title="Highlight in messages"
      onClose={onClose}
      footer={
        <Button look="primary" onClick={save}>
          Apply
        </Button>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {texts.map((text, index) => (
          <Field
            key={index}
            mono
            label={`Text ${index + 1}`}
            value={text}
            maxLength={200}
            onChange={(value) => setTexts(texts.map((one, i) => (i === index ? value : one)))}
          />
        ))}
        <button type="submit" hidden />
      </form>
      <p>
        <MessageText
          text={`Looks like: ${texts.filter((text) => text.trim() !== '').join(', ')}`}
          marks={[/(?!)/g, ...texts.filter((text) => text.trim() !== '').map(exactly)]}
        />
      </p>
    </Dialog>
  );
}

/** The text itself, in any case. */
function exactly(text: string): RegExp {
  return new RegExp(text.trim().replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'giu');
}
