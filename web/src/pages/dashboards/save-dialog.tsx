/** Asks for the name under which a dashboard is saved. */
import { useState } from 'react';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Field } from '../../design/field.tsx';

export interface SaveDialogProps {
  readonly title: string;
  /** Names that are taken. */
  readonly taken: readonly string[];
  readonly onSave: (title: string, name: string) => void;
  readonly onClose: () => void;
}

/** A title as it stands in an address. */
export function nameOf(title: string): string {
  return title
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 80);
}

export function SaveDialog({ title: usual, taken, onSave, onClose }: SaveDialogProps) {
  const [title, setTitle] = useState(usual);
  const name = nameOf(title);
  const problem = taken.includes(name) ? 'There is a dashboard of this name already.' : undefined;
  return (
    <Dialog
      title="Save dashboard"
      onClose={onClose}
      footer={
        <Button look="primary" type="submit" form="save-dashboard" disabled={name === '' || problem !== undefined}>
          Save
        </Button>
      }
    >
      <form
        id="save-dashboard"
        onSubmit={(event) => {
          event.preventDefault();
          if (name !== '' && problem === undefined) onSave(title.trim(), name);
        }}
      >
        <Field label="Title" value={title} onChange={setTitle} problem={problem} />
      </form>
    </Dialog>
  );
}
