/** Short messages that pass: "Link copied". What went wrong stays until it is closed. */
import { useSyncExternalStore } from 'react';
import { Button, IconButton } from '../design/button.tsx';
import { classes } from '../design/class-names.ts';
import styles from './toasts.module.css';

export interface Toast {
  readonly text: string;
  readonly kind?: 'note' | 'error';
  /** One thing that can be done about it: "Undo". */
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface ShownToast extends Toast {
  readonly id: number;
}

const passingMs = 5000;
const most = 4;
let shown: readonly ShownToast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly ShownToast[]): void {
  shown = next;
  for (const listener of [...listeners]) listener();
}

export function toast(message: Toast | string): void {
  const own: ShownToast = { ...(typeof message === 'string' ? { text: message } : message), id: nextId++ };
  set([...shown.slice(1 - most), own]);
  if (own.kind !== 'error') setTimeout(() => dismiss(own.id), passingMs);
}

function dismiss(id: number): void {
  set(shown.filter((one) => one.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function Toasts() {
  const toasts = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className={styles.toasts} role="status" aria-live="polite">
      {toasts.map(({ id, text, kind, action }) => (
        <div key={id} className={classes(styles.toast, kind === 'error' && styles.error)}>
          <span>{text}</span>
          {action === undefined ? null : (
            <Button
              look="quiet"
              onClick={() => {
                dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
