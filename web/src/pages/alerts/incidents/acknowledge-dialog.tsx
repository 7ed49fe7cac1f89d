/** "I am at it": with a word for those who come later, if there is one. */
import { useState } from 'react';
import type { Incident } from '../../../api/operations.ts';
import { Button } from '../../../design/button.tsx';
import { Dialog } from '../../../design/dialog.tsx';
import { Field } from '../../../design/field.tsx';
import styles from '../alerts-page.module.css';
import { useAcknowledge } from './use-acknowledge.ts';

export function AcknowledgeDialog({ incident, onClose }: { readonly incident: Incident; readonly onClose: () => void }) {
  const [comment, setComment] = useState('');
  const acknowledge = useAcknowledge();
  return (
    <Dialog
      title="Acknowledge"
      onClose={onClose}
      footer={
        <Button look="primary" type="submit" form="acknowledge" disabled={acknowledge.isPending}>
          I am at it
        </Button>
      }
    >
      <form
        id="acknowledge"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          acknowledge.mutate({ id: incident.id, comment: comment.trim() }, { onSuccess: onClose });
        }}
      >
        <p>It is escalated to nobody else, and stays open until its condition is no longer met.</p>
        <Field label="Comment, kept in its time line" value={comment} onChange={setComment} maxLength={2000} />
      </form>
    </Dialog>
  );
}
