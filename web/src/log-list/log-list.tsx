/**
 * Lines as a virtual list: only those in sight are in the page, however many there are. The pointer and the keys move one
 * mark, the current line, which keys of the page act on; a press opens a line.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useImperativeHandle, useRef } from 'react';
import type { MouseEvent, ReactNode, Ref } from 'react';
import { classes } from '../design/class-names.ts';
import { useNarrow } from '../design/use-narrow.ts';
import type { LogLine } from './line-fields.ts';
import styles from './log-list.module.css';
import { LogRow } from './log-row.tsx';
import type { RowLook } from './log-row.tsx';

export interface LogListHandle {
  readonly scrollTo: (index: number) => void;
  readonly focus: () => void;
}

export interface LogListProps {
  readonly ref?: Ref<LogListHandle>;
  readonly lines: readonly LogLine[];
  readonly look: RowLook;
  readonly roomy: boolean;
  /** Widths of the columns, as a template of a grid. */
  readonly template: string;
  readonly head: ReactNode;
  /** Behind the last line: what is loading, or that this was all. */
  readonly foot: ReactNode;
  readonly current: number;
  readonly onCurrent: (index: number) => void;
  readonly openId: string;
  readonly onOpen: (line: LogLine, index: number) => void;
  readonly onMenu: (line: LogLine, at: { readonly x: number; readonly y: number }) => void;
  /** The first and last line in sight. */
  readonly onSight: (first: number, last: number) => void;
  /** The end has come near. */
  readonly onEnd: () => void;
  /** Lines of another question, shown until the first of this one. */
  readonly dimmed: boolean;
  readonly label: string;
}

const headHeight = 24;
const rowsAhead = 8;
/** More than rows are ever in the page at once: a row that goes out of sight gives its elements to the one that comes in. */
const ringOfRows = 128;
/** The next page is asked for this many rows before the end. */
const endNear = 100;

export function LogList(props: LogListProps) {
  const { lines, look, roomy, template, head, foot, current, openId, dimmed, label } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const rowHeight = useNarrow() ? 44 : roomy ? 28 : 22;
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: rowsAhead,
    paddingStart: headHeight,
    scrollPaddingStart: headHeight,
    // heights that were measured belong to their lines, also when lines come in front of them
    ...(look.wrap ? { getItemKey: (index: number) => lines[index]?.id ?? index } : {}),
  });
  const items = virtual.getVirtualItems();
  useRemeasure(virtual.measure, look.wrap, rowHeight);
  useSight(items, virtual.scrollOffset ?? 0, virtual.scrollRect?.height ?? 0, props);
  useImperativeHandle(
    props.ref,
    () => ({ scrollTo: (index) => virtual.scrollToIndex(index), focus: () => scroller.current?.focus({ preventScroll: true }) }),
    [virtual],
  );
  const pointer = usePointer(props);
  return (
    <div
      ref={scroller}
      className={classes(styles.list, dimmed && styles.dimmed, roomy && styles.roomy)}
      style={{ '--columns': template } as Record<string, string>}
      role="grid"
      aria-label={label}
      aria-rowcount={lines.length + 1}
      aria-activedescendant={items.some(({ index }) => index === current) ? `${id}-${current}` : undefined}
      aria-busy={dimmed}
      tabIndex={0}
      {...pointer}
    >
      <div className={styles.sizer} role="presentation" style={{ height: virtual.getTotalSize() }}>
        {head}
        <div role="rowgroup">
          {items.map(({ index, start }) =>
            lines[index] === undefined ? null : (
              <LogRow
                key={look.wrap ? lines[index].id : index % ringOfRows}
                measure={look.wrap ? virtual.measureElement : undefined}
                id={`${id}-${index}`}
                line={lines[index]}
                index={index}
                top={start}
                look={look}
                isCurrent={index === current}
                isOpen={lines[index].id === openId}
              />
            ),
          )}
        </div>
      </div>
      {foot}
    </div>
  );
}

/** Other heights make all earlier measures void. */
function useRemeasure(measure: () => void, wrap: boolean, rowHeight: number): void {
  useEffect(() => measure(), [measure, wrap, rowHeight]);
}

function useSight(
  items: readonly { index: number; start: number; end: number }[],
  offset: number,
  height: number,
  props: LogListProps,
): void {
  const { lines, onSight, onEnd } = props;
  const first = items.find(({ end }) => end > offset + headHeight)?.index ?? 0;
  const last = items.findLast(({ start }) => start < offset + height)?.index ?? 0;
  const isNearEnd = last >= lines.length - endNear;
  useEffect(() => onSight(first, last), [first, last, lines, onSight]);
  useEffect(() => {
    if (isNearEnd) onEnd();
  }, [isNearEnd, lines.length, onEnd]);
}

/** The index of the row under the pointer, -1 where there is none. */
function rowAt(event: MouseEvent): number {
  return Number((event.target as Element).closest('[data-index]')?.getAttribute('data-index') ?? -1);
}

/** A moved pointer takes the mark along; lines that scroll under a resting one do not. A drag selects text and opens nothing. */
function usePointer({ lines, onCurrent, onOpen, onMenu }: LogListProps) {
  const pressed = useRef({ x: 0, y: 0 });
  return {
    onMouseMove: (event: MouseEvent): void => {
      if (event.movementX === 0 && event.movementY === 0) return;
      const index = rowAt(event);
      if (index >= 0) onCurrent(index);
    },
    onMouseDown: (event: MouseEvent): void => {
      pressed.current = { x: event.clientX, y: event.clientY };
    },
    onClick: (event: MouseEvent): void => {
      const index = rowAt(event);
      const { x, y } = pressed.current;
      const wasDrag = Math.abs(event.clientX - x) + Math.abs(event.clientY - y) > 4 || !(window.getSelection()?.isCollapsed ?? true);
      if (index >= 0 && !wasDrag) onOpen(lines[index], index);
    },
    onContextMenu: (event: MouseEvent): void => {
      const index = rowAt(event);
      if (index < 0 || event.shiftKey) return;
      event.preventDefault();
      onCurrent(index);
      onMenu(lines[index], { x: event.clientX, y: event.clientY });
    },
  };
}
