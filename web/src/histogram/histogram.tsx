/**
 * Lines over time as stacked bars. A drag chooses a range, a press on a bar its group; `marked` is the part that the list
 * beside it now shows. The legend (`legend.tsx`) has the same groups as buttons, for the keyboard.
 */
import { memo, useRef } from 'react';
import { showCount, showShortCount } from '../design/figures.ts';
import { showRange } from '../time-range/show-time.ts';
import type { SettledRange } from '../time-range/time-choice.ts';
import type { Zone } from '../time-range/zones.ts';
import { fillOf } from './bar-colours.ts';
import { BarTooltip } from './bar-tooltip.tsx';
import styles from './histogram.module.css';
import { niceTop } from './stacked-bars.ts';
import type { Bar, BarGroup, StackedBars } from './stacked-bars.ts';
import { TimeAxis } from './time-axis.tsx';
import { useBarPointer } from './use-bar-pointer.ts';
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
  readonly cutMs?: number | undefined;
  readonly onRange: (range: SettledRange) => void;
  /** The group is undefined on an empty bar. */
  readonly onPick: (bar: Bar, group: BarGroup | undefined) => void;
}

const chartHeight = 84;

export function Histogram({ bars, range, byLevel, zone, nowMs, marked, cutMs, onRange, onPick }: HistogramProps) {
  const area = useRef<HTMLDivElement>(null);
  const width = useElementWidth(area);
  const xOf = (ms: number): number => ((ms - range.fromMs) / (range.toMs - range.fromMs)) * width;
  const spanOf = ({ fromMs, toMs }: SettledRange, least: number) => ({
    left: xOf(fromMs),
    width: Math.max(least, xOf(toMs) - xOf(fromMs)),
  });
  const top = niceTop(bars?.highest ?? 0);
  const { hovered, dragged, handlers } = useBarPointer({
    area,
    width,
    range,
    bars,
    onRange,
    onPress: (bar, height) => onPick(bar, bars?.groups[groupAt(bar, height * top)]),
  });
  return (
    <figure className={styles.figure} aria-label={summary(bars, range, zone, nowMs)} role="img">
      <div ref={area} className={styles.area} style={{ height: chartHeight }} {...handlers}>
        <span className={styles.top} aria-hidden="true">
          {bars === undefined || bars.highest === 0 ? '' : showShortCount(top)}
        </span>
        {bars === undefined || width === 0 ? null : <Bars bars={bars} range={range} width={width} top={top} byLevel={byLevel} />}
        {hovered === undefined ? null : <div className={styles.column} style={spanOf(hovered, 1)} />}
        {marked === undefined ? null : <div className={styles.marked} style={spanOf(marked, 3)} />}
        {cutMs === undefined ? null : <div className={styles.cut} style={{ left: xOf(cutMs) }} />}
        {dragged === undefined ? null : (
          <div className={styles.chosen} style={spanOf(dragged, 1)}>
            <span className={styles.chosenLabel}>{showRange(dragged, zone, nowMs)}</span>
          </div>
        )}
        {hovered === undefined || bars === undefined ? null : (
          <BarTooltip
            bar={hovered}
            bars={bars}
            byLevel={byLevel}
            zone={zone}
            nowMs={nowMs}
            x={(xOf(hovered.fromMs) + xOf(hovered.toMs)) / 2}
            width={width}
          />
        )}
      </div>
      <TimeAxis range={range} width={width} zone={zone} />
    </figure>
  );
}

/** The group whose part of the bar is at the height; above the bar its topmost, -1 where it is empty. */
function groupAt({ counts }: Bar, height: number): number {
  let sum = 0;
  for (const [index, count] of counts.entries()) if (count > 0 && (sum += count) >= height) return index;
  return counts.findLastIndex((count) => count > 0);
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
    const fullWidth = (toMs - fromMs) * perMs;
    const barWidth = Math.max(1, fullWidth > 4 ? fullWidth - 1 : fullWidth);
    // what is there must be seen, however little it is
    const height = Math.max(1.5, counts[group] * scale);
    path += `M${left.toFixed(1)} ${(chartHeight - below * scale).toFixed(1)}v${(-height).toFixed(1)}h${barWidth.toFixed(1)}v${height.toFixed(1)}z`;
  }
  return path;
}

function summary(bars: StackedBars | undefined, range: SettledRange, zone: Zone, nowMs: number): string {
  const when = showRange(range, zone, nowMs);
  return bars === undefined ? `Lines over time, ${when}` : `Lines over time, ${when}: ${showCount(bars.total)} lines`;
}
