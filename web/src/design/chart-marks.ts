/** What stands behind and across the curves of a chart: times that stand out, and lines to compare with. Painted on uPlot's canvas. */
import type uPlot from 'uplot';
import type { ColourOf } from './token-colours.ts';

export interface ChartMarks {
  readonly thresholds?: readonly ChartThreshold[];
  readonly spans?: readonly ChartSpan[];
}

export interface ChartThreshold {
  readonly value: number;
  /** Stands on the line: `> 100`. */
  readonly label: string;
  readonly colour: string;
}

export interface ChartSpan {
  readonly fromMs: number;
  /** Undefined where it goes on. */
  readonly toMs: number | undefined;
  readonly colour: string;
}

const leastSpanPixels = 3;

/** Behind the curves: a veil over the whole height, and a foot that also eyes see that do not part the colours. */
export function drawSpans(plot: uPlot, marks: ChartMarks | undefined, colourOf: ColourOf): void {
  const { ctx, bbox } = plot;
  const right = bbox.left + bbox.width;
  for (const { fromMs, toMs, colour } of marks?.spans ?? []) {
    const from = Math.max(bbox.left, plot.valToPos(fromMs / 1000, 'x', true));
    const to = Math.min(right, toMs === undefined ? right : plot.valToPos(toMs / 1000, 'x', true));
    if (from > right || to < bbox.left) continue;
    const width = Math.max(leastSpanPixels * devicePixelRatio, to - from);
    ctx.save();
    ctx.fillStyle = colourOf(colour);
    ctx.globalAlpha = 0.14;
    ctx.fillRect(from, bbox.top, width, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(from, bbox.top + bbox.height - 3 * devicePixelRatio, width, 3 * devicePixelRatio);
    ctx.restore();
  }
}

/** Across the curves: a dashed line with its text at the right. */
export function drawThresholds(plot: uPlot, marks: ChartMarks | undefined, colourOf: ColourOf): void {
  const { ctx, bbox } = plot;
  const room = 15 * devicePixelRatio;
  let above = -Infinity;
  for (const { value, label, colour } of (marks?.thresholds ?? []).toSorted((a, b) => b.value - a.value)) {
    const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5;
    // below its line where there is no room above it: the edge, or the text of another one
    const isBelow = y - bbox.top < room || y - above < room;
    above = isBelow ? y + room : y;
    const right = bbox.left + bbox.width;
    ctx.save();
    ctx.strokeStyle = colourOf(colour);
    ctx.fillStyle = colourOf(colour);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(right, y);
    ctx.stroke();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = 'right';
    ctx.textBaseline = isBelow ? 'top' : 'bottom';
    ctx.fillText(label, right - 2 * devicePixelRatio, y + (isBelow ? 3 : -2) * devicePixelRatio);
    ctx.restore();
  }
}
