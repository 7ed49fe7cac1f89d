/** Values as a panel shows them, by their unit. */
import { showBytes, showNumber, showPercent, showShortCount } from '../../design/figures.ts';
import type { Unit } from './dashboard.ts';

export function showUnit(value: number, unit: Unit): string {
  switch (unit) {
    case 'count':
      return Number.isInteger(value) ? showShortCount(value) : showNumber(value);
    case 'rate':
      return `${showNumber(value)}/s`;
    case 'share':
      return showPercent(value * 100);
    case 'ms':
      return showDuration(value);
    case 'bytes':
      return showBytes(value);
    case 'number':
      return showNumber(value);
  }
}

/** `840 ms`, `2.31 s`, `4.1 min` */
function showDuration(ms: number): string {
  if (ms < 1000) return `${showNumber(ms < 10 ? Math.round(ms * 100) / 100 : Math.round(ms))} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}
