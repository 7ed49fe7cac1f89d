/**
 * What floats beside the control that opened it: the browser's own popover (top layer, closed by Esc, by a click elsewhere, and
 * by another popover), placed under its anchor and kept inside the window. Its content is there only while it is open.
 */
import { useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import type { ReactNode, RefObject } from 'react';
import { classes } from './class-names.ts';
import styles from './popover.module.css';

export interface PopoverProps {
  readonly open: boolean;
  readonly onClose: () => void;
  /** The control it belongs to; it gets the focus back. */
  readonly anchor: RefObject<HTMLElement | null> | { readonly x: number; readonly y: number };
  readonly children: ReactNode;
  /** Which edges stand in line: left ones by default. */
  readonly align?: 'start' | 'end';
  readonly role?: 'dialog' | 'menu' | 'listbox';
  readonly label: string;
  readonly className?: string;
  readonly id?: string;
}

const gap = 4;
const margin = 8;

function anchorBox(anchor: PopoverProps['anchor']): { left: number; right: number; top: number; bottom: number } {
  if ('x' in anchor) return { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y };
  return anchor.current?.getBoundingClientRect() ?? { left: margin, right: margin, top: margin, bottom: margin };
}

/** Under the anchor, above it where there is more room, never outside the window. */
function place(element: HTMLElement, anchor: PopoverProps['anchor'], align: 'start' | 'end'): void {
  const box = anchorBox(anchor);
  const { offsetWidth: width, offsetHeight: height } = element;
  const below = window.innerHeight - box.bottom - gap - margin;
  const above = box.top - gap - margin;
  const isBelow = height <= below || below >= above;
  const left = align === 'start' ? box.left : box.right - width;
  element.style.left = `${Math.max(margin, Math.min(left, window.innerWidth - width - margin))}px`;
  element.style.top = `${Math.max(margin, isBelow ? box.bottom + gap : box.top - gap - height)}px`;
  element.style.maxHeight = `${Math.max(120, isBelow ? below : above)}px`;
}

/** The chosen entry, the field that is typed in, or the first entry of a menu. */
function firstFocus(popover: HTMLElement): HTMLElement | null {
  const entry = popover.role === 'menu' ? 'button:not(:disabled)' : 'input';
  return popover.querySelector<HTMLElement>('[aria-checked=true]') ?? popover.querySelector<HTMLElement>(entry);
}

export function Popover({ open, ...rest }: PopoverProps) {
  return open ? <OpenPopover {...rest} /> : null;
}

function OpenPopover({ onClose, anchor, children, align = 'start', role = 'dialog', label, className, id }: Omit<PopoverProps, 'open'>) {
  const element = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  const settle = useCallback(() => {
    if (element.current !== null) place(element.current, anchor, align);
  }, [anchor, align]);
  useLayoutEffect(() => {
    const popover = element.current;
    if (popover === null) return;
    const before = document.activeElement;
    const onToggle = (event: Event): void => void ((event as ToggleEvent).newState === 'closed' && close.current());
    popover.addEventListener('toggle', onToggle);
    popover.showPopover();
    // `autoFocus` comes before it is shown
    firstFocus(popover)?.focus();
    popover.style.maxHeight = 'none';
    return () => {
      popover.removeEventListener('toggle', onToggle);
      const hadFocus = popover.contains(document.activeElement) || document.activeElement === document.body;
      if (hadFocus && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useLayoutEffect(() => {
    settle();
    const observer = new ResizeObserver(settle);
    if (element.current !== null) observer.observe(element.current);
    window.addEventListener('resize', settle);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', settle);
    };
  }, [settle]);
  return (
    <div ref={element} popover="auto" id={id} role={role} aria-label={label} className={classes(styles.popover, className)}>
      {children}
    </div>
  );
}
