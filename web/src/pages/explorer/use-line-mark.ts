/**
 * The current line of the list, which the pointer and the keys move, and the open one, which the address holds. While a line is
 * open, moving the mark opens the next one, so that the panel stays and its content changes.
 */
import { useCallback, useRef, useState } from 'react';
import type { LogLine } from '../../log-list/line-fields.ts';
import type { LogListHandle } from '../../log-list/log-list.tsx';
import type { ExplorerState } from './explorer-view.ts';
import type { Explorer } from './use-explorer.ts';

export interface LineMark {
  readonly list: React.RefObject<LogListHandle | null>;
  readonly current: number;
  readonly setCurrent: (index: number) => void;
  readonly currentLine: LogLine | undefined;
  /** The open line, where the list has it. */
  readonly openLine: LogLine | undefined;
  readonly open: (line: LogLine | undefined, panel?: ExplorerState['panel']) => void;
  readonly close: () => void;
  readonly canMove: (step: 1 | -1) => boolean;
  readonly move: (step: number) => void;
}

export function useLineMark({ state, update }: Pick<Explorer, 'state' | 'update'>, lines: readonly LogLine[]): LineMark {
  const list = useRef<LogListHandle>(null);
  const [marked, setCurrent] = useState(-1);
  const openIndex = state.line === '' ? -1 : lines.findIndex(({ id }) => id === state.line);
  const current = marked >= lines.length ? -1 : marked;
  const open = useCallback(
    (line: LogLine | undefined, panel: ExplorerState['panel'] = 'line') => {
      if (line !== undefined) update({ line: line.id, panel, trace: '' });
    },
    [update],
  );
  const base = openIndex >= 0 ? openIndex : current;
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(lines.length - 1, base + step));
    if (lines[next] === undefined) return;
    setCurrent(next);
    list.current?.scrollTo(next);
    if (state.line !== '') update({ line: lines[next].id, trace: '' }, { replace: true });
  };
  return {
    list,
    current,
    setCurrent,
    currentLine: lines[current],
    openLine: lines[openIndex],
    open,
    close: () => update({ line: '', panel: 'line', trace: '' }),
    canMove: (step) => openIndex >= 0 && lines[openIndex + step] !== undefined,
    move,
  };
}
