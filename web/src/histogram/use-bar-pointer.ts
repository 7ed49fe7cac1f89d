/** Drags and presses on bars, as ranges and bars. */
import { useState } from 'react';
import type { PointerEvent, RefObject } from 'react';
import type { SettledRange } from '../time-range/time-choice.ts';
import type { Bar, StackedBars } from './stacked-bars.ts';

/** A movement of fewer pixels is a click. */
const clickPixels = 4;

interface BarPointerOptions {
  readonly area: RefObject<HTMLDivElement | null>;
  readonly width: number;
  readonly range: SettledRange;
  readonly bars: StackedBars | undefined;
  readonly onRange: (range: SettledRange) => void;
  /** `height`: how far up in the chart, 0 to 1. */
  readonly onPress: (bar: Bar, height: number) => void;
}

export interface BarPointer {
  /** The bar under the pointer, while nothing is dragged. */
  readonly hovered: Bar | undefined;
  /** What a drag covers so far. */
  readonly dragged: SettledRange | undefined;
  readonly handlers: Readonly<Record<string, (event: PointerEvent<HTMLDivElement>) => void>>;
}

export function useBarPointer({ area, width, range, bars, onRange, onPress }: BarPointerOptions): BarPointer {
  const [hoverX, setHoverX] = useState<number>();
  const [drag, setDrag] = useState<{ readonly startX: number; readonly endX: number }>();
  const boxOf = (): DOMRect => area.current?.getBoundingClientRect() ?? new DOMRect();
  const xIn = (event: PointerEvent): number => event.clientX - boxOf().left;
  const msAt = (x: number): number =>
    Math.round(range.fromMs + (Math.max(0, Math.min(width, x)) / Math.max(1, width)) * (range.toMs - range.fromMs));
  const barAt = (x: number): Bar | undefined => bars?.bars.find(({ toMs }) => msAt(x) < toMs);
  const between = (a: number, b: number): SettledRange => readable(msAt(Math.min(a, b)), msAt(Math.max(a, b)));
  const end = (event: PointerEvent): void => {
    if (drag === undefined) return;
    const endX = xIn(event);
    setDrag(undefined);
    if (Math.abs(endX - drag.startX) >= clickPixels) return onRange(between(drag.startX, endX));
    const bar = barAt(endX);
    const box = boxOf();
    if (bar !== undefined) onPress(bar, (box.bottom - event.clientY) / Math.max(1, box.height));
  };
  return {
    hovered: hoverX === undefined || drag !== undefined ? undefined : barAt(hoverX),
    dragged: drag === undefined || Math.abs(drag.endX - drag.startX) < clickPixels ? undefined : between(drag.startX, drag.endX),
    handlers: {
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ startX: xIn(event), endX: xIn(event) });
      },
      onPointerMove: (event) => {
        setHoverX(xIn(event));
        if (drag !== undefined) setDrag({ ...drag, endX: xIn(event) });
      },
      onPointerUp: end,
      onPointerCancel: () => setDrag(undefined),
      onPointerLeave: () => setHoverX(undefined),
    },
  };
}

/** To whole seconds: a link should be readable. */
function readable(fromMs: number, toMs: number): SettledRange {
  if (toMs - fromMs < 2000) return { fromMs, toMs: Math.max(toMs, fromMs + 1) };
  return { fromMs: Math.floor(fromMs / 1000) * 1000, toMs: Math.ceil(toMs / 1000) * 1000 };
}
