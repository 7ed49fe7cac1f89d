/**
 * Lines over time as stacked bars. A drag chooses a range, a click on a bar its group; `marked` is the part that the list
 * beside it now shows. The legend (`legend.tsx`) has the same groups as buttons, for the keyboard.
 */
import { memo, useRef, useState } from 'react';
import type { PointerEvent } from 'react';
import { showCount, showShortCount } from '../design/figures.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import { showRange } from '../time-range/show-time.ts';
import type { SettledRange } from '../time-range/time-choice.ts';
import type { Zone } from '../time-range/zones.ts';
import { fillOf, groupLabel } from './bar-colours.ts';
import styles from './histogram.module.css';
import { niceTop } from './stacked-bars.ts';
import type { Bar, BarGroup, StackedBars } from './stacked-bars.ts';
import { TimeAxis } from './time-axis.tsx';
import { useElementWidth } from './use-element-width.ts';

export interface HistogramProps {
  readonly bars: StackedBars | undefined;
  readonly range: SettledRange;
  readonly byLevel: boolean;
  readonly zone: Zone;
  readonly nowMs: number;
  /** Time that the list now shows. */
  readonly marked: SettledRange | undefined;
  /** An instant with a line of its own. */
  readonly cutMs?: number;
  readonly onRange: (range: SettledRange) => void;
  readonly onPick: (group: BarGroup, bar: Bar) => void;
}

export const chartHeight = 84;
/** A movement of fewer pixels is a click. */
const clickPixels = 4;

export function Histogram({ bars, range, byLevel, zone, nowMs, marked, cutMs, onRange, onPick }: HistogramProps) {
  const area = useRef<HTMLDivElement>(null);
  const width = useElementWidth(area);
  const [hovered, setHovered] = useState<number>();
  const [drag, setDrag] = useState<{ readonly startX: number; readonly endX: number }>();
  const spanMs = range.toMs - range.fromMs;
  const xOf = (ms: number): number => ((ms - range.fromMs) / spanMs) * width;
  const msAt = (x: number): number => Math.round(range.fromMs + (Math.max(0, Math.min(width, x)) / width) * spanMs);
  const barAt = (x: number): number => bars?.bars.findIndex(({ toMs }) => msAt(x) < toMs) ?? -1;
  const top = niceTop(bars?.highest ?? 0);

  const xIn = (event: PointerEvent): number => event.clientX - (area.current?.getBoundingClientRect().left ?? 0);
  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ startX: xIn(event), endX: xIn(event) });
  };
  const onPointerMove = (event: PointerEvent): void => {
    setHovered(barAt(xIn(event)));
    if (drag !== undefined) setDrag({ ...drag, endX: xIn(event) });
  };
  const onPointerUp = (event: PointerEvent): void => {
    if (drag === undefined) return;
    const endX = xIn(event);
    setDrag(undefined);
    if (Math.abs(endX - drag.startX) >= clickPixels)
      return onRange(wholeBars(msAt(Math.min(drag.startX, endX)), msAt(Math.max(drag.startX, endX))));
    const bar = bars?.bars[barAt(endX)];
    const group = bar === undefined ? undefined : groupAt(event, bar);
    if (bar !== undefined && group !== undefined && bars !== undefined) onPick(bars.groups[group], bar);
  };
  /** The group whose part of the bar is under the pointer; above the bar, its topmost. */
  const groupAt = (event: PointerEvent, bar: Bar): number | undefined => {
    const box = area.current!.getBoundingClientRect();
    const value = ((box.bottom - event.clientY) / chartHeight) * top;
    let sum = 0;
    for (const [index, count] of bar.counts.entries()) if (count > 0 && (sum += count) >= value) return index;
    const last = bar.counts.findLastIndex((count) => count > 0);
    return last < 0 ? undefined : last;
  };
  /** What was dragged over, to whole seconds: a link should be readable. */
  const wholeBars = (fromMs: number, toMs: number): SettledRange =>
    toMs - fromMs < 2000 ? { fromMs, toMs } : { fromMs: Math.floor(fromMs / 1000) * 1000, toMs: Math.ceil(toMs / 1000) * 1000 };

  const bar = hovered === undefined || hovered < 0 || drag !== undefined ? undefined : bars?.bars[hovered];
  return (
    <figure className={styles.figure} aria-label={summary(bars, range, zone, nowMs)} role="img">
      <div
        ref={area}
        className={styles.area}
        style={{ height: chartHeight }}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => setDrag(undefined)}
        onPointerLeave={() => setHovered(undefined)}
      >
        <span className={styles.top} aria-hidden="true">
          {bars === undefined || bars.highest === 0 ? '' : showShortCount(top)}
        </span>
        {bars === undefined || width === 0 ? null : <Bars bars={bars} range={range} width={width} top={top} byLevel={byLevel} />}
        {bar === undefined ? null : (
          <div className={styles.column} style={{ left: xOf(bar.fromMs), width: Math.max(1, xOf(bar.toMs) - xOf(bar.fromMs)) }} />
        )}
        {marked === undefined ? null : (
          <div className={styles.marked} style={{ left: xOf(marked.fromMs), width: Math.max(3, xOf(marked.toMs) - xOf(marked.fromMs)) }} />
        )}
        {cutMs === undefined ? null : <div className={styles.cut} style={{ left: xOf(cutMs) }} />}
        {drag === undefined ? null : (
          <div className={styles.chosen} style={{ left: Math.min(drag.startX, drag.endX), width: Math.abs(drag.endX - drag.startX) }}>
            <span className={styles.chosenLabel}>
              {showRange(wholeBars(msAt(Math.min(drag.startX, drag.endX)), msAt(Math.max(drag.startX, drag.endX))), zone, nowMs)}
            </span>
          </div>
        )}
        {bar === undefined || bars === undefined ? null : (
          <Tooltip
            bar={bar}
            bars={bars}
            byLevel={byLevel}
            zone={zone}
            nowMs={nowMs}
            x={(xOf(bar.fromMs) + xOf(bar.toMs)) / 2}
            width={width}
          />
        )}
      </div>
      <TimeAxis range={range} width={width} zone={zone} />
    </figure>
  );
}

interface BarsProps {
  readonly bars: StackedBars;
  readonly range: SettledRange;
  readonly width: number;
  readonly top: number;
  readonly byLevel: boolean;
}

const Bars = memo(function Bars({ bars, range, width, top, byLevel }: BarsProps) {
  const perMs = width / (range.toMs - range.fromMs);
  return (
    <svg className={styles.bars} width={width} height={chartHeight} aria-hidden="true">
      {bars.groups.map((group, index) => (
        <path key={group.name} d={pathOfGroup(bars, index, range, perMs, top)} style={{ fill: fillOf(group, index, byLevel) }} />
      ))}
    </svg>
  );
});

/** All parts of a group as one path: a hundred bars are eight elements. */
function pathOfGroup({ bars }: StackedBars, group: number, range: SettledRange, perMs: number, top: number): string {
  const scale = chartHeight / top;
  let path = '';
  for (const { fromMs, toMs, counts } of bars) {
    if (counts[group] === 0) continue;
    let below = 0;
    for (let i = 0; i < group; i++) below += counts[i];
    const left = (fromMs - range.fromMs) * perMs;
    const barWidth = Math.max(1, (toMs - fromMs) * perMs - (perMs * (toMs - fromMs) > 4 ? 1 : 0));
    // what is there must be seen, however little it is
    const height = Math.max(1.5, counts[group] * scale);
    path += `M${left.toFixed(1)} ${(chartHeight - below * scale).toFixed(1)}v${(-height).toFixed(1)}h${barWidth.toFixed(1)}v${height.toFixed(1)}z`;
  }
  return path;
}

interface TooltipProps {
  readonly bar: Bar;
  readonly bars: StackedBars;
  readonly byLevel: boolean;
  readonly zone: Zone;
  readonly nowMs: number;
  readonly x: number;
  readonly width: number;
}

function Tooltip({ bar, bars, byLevel, zone, nowMs, x, width }: TooltipProps) {
  const isRight = x > width / 2;
  return (
    <div className={styles.tooltip} style={isRight ? { right: width - x + 10 } : { left: x + 10 }}>
      <div className={styles.tooltipTime}>{showRange(bar, zone, nowMs)}</div>
      {bars.groups.map((group, index) =>
        bar.counts[index] === 0 ? null : (
          <div key={group.name} className={styles.tooltipRow}>
            <i style={{ background: fillOf(group, index, byLevel) }} />
            <span>{toVisibleText(groupLabel(group, byLevel))}</span>
            <b>{showCount(bar.counts[index])}</b>
          </div>
        ),
      )}
      {bar.total === 0 ? <div className={styles.tooltipRow}>no lines</div> : null}
    </div>
  );
}

function summary(bars: StackedBars | undefined, range: SettledRange, zone: Zone, nowMs: number): string {
  const when = showRange(range, zone, nowMs);
  return bars === undefined ? `Lines over time, ${when}` : `Lines over time, ${when}: ${showCount(bars.total)} lines`;
}
