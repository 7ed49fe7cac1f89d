/** What an export is delivered as: media types, heads, names of files. Pure. */
import { AppError } from '#base/errors.ts';
import type { LineFormat } from '#store/bulk-reads.ts';

export const exportFormats = ['ndjson', 'csv', 'raw', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Columns of a CSV that names none: with the id, by which an export that broke is resumed. */
const usualColumns = ['id', 'timestamp', 'level', 'service', 'host', 'environment', 'trace_id', 'span_id', 'message', 'metadata'];

export const contentTypes: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  raw: 'text/plain; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

const extensions: Readonly<Record<ExportFormat, string>> = { ndjson: 'ndjson', csv: 'csv', raw: 'log', parquet: 'parquet' };

/** AppError bad_request where the format has no columns to choose. */
export function lineFormat(format: ExportFormat, columns: readonly string[] | undefined): LineFormat {
  switch (format) {
    case 'ndjson':
      return columns === undefined ? { kind: 'ndjson' } : { kind: 'ndjson', columns };
    case 'csv':
      return { kind: 'csv', columns: columns ?? usualColumns };
    case 'raw':
    case 'parquet':
      if (columns !== undefined) throw new AppError('bad_request', `${format} has no columns to choose`, { details: { field: 'columns' } });
      return { kind: format === 'raw' ? 'raw' : 'rows' };
    default:
      return format satisfies never;
  }
}

/** Stands before all lines. */
export function headOf(format: LineFormat): string {
  return format.kind === 'csv' ? `${format.columns.map(csvField).join(',')}\r\n` : '';
}

const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Of a file, made of the beginning of its range as text. */
export function fileName(format: ExportFormat, from: string): string {
  return `millrace-${from.replaceAll(/[:.]/g, '')}.${extensions[format]}`;
}
