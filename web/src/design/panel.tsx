/**
 * A panel at the right of what stays visible: details of a line, an editor. Resizable by its edge (also with the arrow keys), its
 * width is kept; a full sheet on narrow screens. The page that opens it declares Escape for closing it.
 */
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react';
import { isNumber, useStored } from '../app/stored.ts';
import { IconButton } from './button.tsx';
import styles from './panel.module.css';

export interface PanelProps {
  readonly label: string;
  readonly title: ReactNode;
  readonly onClose: () => void;
  /** Under which its width is kept. */
  readonly name: string;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
  readonly width?: number;
}

const narrowest = 280;

export function Panel({ label, title, onClose, name, tools, children, width: usualWidth = 420 }: PanelProps) {
  const [kept, setWidth] = useStored(`panel.${name}`, usualWidth, isNumber);
  const widest = Math.max(narrowest, window.innerWidth - 360);
  const width = Math.min(kept, widest);
  const set = (next: number): void => setWidth(Math.round(Math.max(narrowest, Math.min(widest, next))));
  return (
    <aside className={styles.panel} aria-label={label} style={{ width }}>
      <div
        className={styles.handle}
        role="separator"
        aria-orientation="vertical"
        aria-label={`Width of ${label}`}
        aria-valuenow={width}
        aria-valuemin={narrowest}
        aria-valuemax={widest}
        tabIndex={0}
        onPointerDown={(event) => drag(event, width, set)}
        onKeyDown={(event) => nudge(event, width, set)}
      />
      <header className={styles.header}>
        <h2 className={styles.title}>{title}</h2>
        {tools}
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      <div className={styles.body}>{children}</div>
    </aside>
  );
}

function drag({ currentTarget, pointerId, clientX: startX }: PointerEvent<HTMLElement>, width: number, set: (width: number) => void): void {
  currentTarget.setPointerCapture(pointerId);
  const move = ({ clientX }: globalThis.PointerEvent): void => set(width + startX - clientX);
  currentTarget.addEventListener('pointermove', move);
  currentTarget.addEventListener('lostpointercapture', () => currentTarget.removeEventListener('pointermove', move), { once: true });
}

function nudge(event: KeyboardEvent, width: number, set: (width: number) => void): void {
  const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  set(width + step);
}
