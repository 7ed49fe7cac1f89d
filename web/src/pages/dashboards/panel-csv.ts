/** A panel's answer as CSV (RFC 4180): a row for each step and group, with all digits, so that a spreadsheet reads it. Pure. */
import type { AggregateAnswer } from './panel-data.ts';
import { isOverTime } from './panel-data.ts';
import type { Panel } from './dashboard.ts';

export function panelCsv(panel: Pick<Panel, 'kind' | 'groupBy' | 'metric'>, { buckets }: Pick<AggregateAnswer, 'buckets'>): string {
  const withTime = isOverTime(panel);
  const groupBy = panel.kind === 'number' ? [] : panel.groupBy;
  const rows = buckets.map(({ time, group, value }) => [
    ...(withTime ? [time ?? ''] : []),
    ...groupBy.map((field) => group[field] ?? ''),
    value === null ? '' : String(value),
  ]);
  const head = [...(withTime ? ['time'] : []), ...groupBy, panel.metric];
  return csvText([head, ...rows]);
}

export const csvText = (rows: readonly (readonly string[])[]): string => rows.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
