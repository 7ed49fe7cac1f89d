/** Exports: all lines of a search as one stream. */
import { AppError, invariant } from '#base/errors.ts';
import { openExport } from '#search/export.ts';
import type { Export, ExportEnd } from '#search/export.ts';
import type { QueryRunner } from '#search/query-runner.ts';
import { rangeObject } from './answer-shapes.ts';
import { exportBody, exportEndpoints } from './export-endpoints.ts';
import { exportShape } from './export-shapes.ts';
import type { ExportFormat, ExportShape } from './export-shapes.ts';
import { createRequestReader } from './request-reader.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { orderOf, selectionOf } from './selection.ts';

const readExportBody = createRequestReader(exportBody, 'the body');

export function exportRoutes(runner: QueryRunner): ApiRoute[] {
  return [{ endpoint: exportEndpoints.exportLines, handle: (request) => exportLines(runner, request) }];
}

async function exportLines(runner: QueryRunner, { body, principal, signal }: ApiRequest): Promise<ApiReply> {
  invariant(principal !== undefined, 'exports are not public');
  const { format = 'ndjson', columns, sort, cursor, limit: maxLines, resume_after: resumeAfter, ...rest } = readExportBody(body ?? {});
  if (format === 'raw' && columns !== undefined)
    throw new AppError('bad_request', 'raw text has no columns', { details: { field: 'columns' } });
  const shape = exportShape(format, columns);
  const request = { ...selectionOf(rest), order: orderOf(sort), cursor, maxLines, resumeAfter };
  const opened = await openExport(runner, request, principal, signal);
  const { from, to } = rangeObject(opened.range);
  const headers = {
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'content-disposition': `attachment; filename="millrace-${from.replaceAll(/[:.]/g, '')}.${format === 'raw' ? 'log' : format}"`,
    'x-export-time-range': `${from}/${to}`,
  };
  return { contentType: shape.contentType, headers, body: render(opened, format, shape) };
}

async function* render({ records }: Export, format: ExportFormat, { head, line }: ExportShape): AsyncGenerator<string> {
  if (head !== '') yield head;
  for await (const record of records) {
    if (record.kind === 'lines') yield record.lines.map(line).join('');
    else if (format === 'ndjson') yield endText(record.end);
    // no other place to say it: the connection breaks, and the client knows that it has not all
    else if (!record.end.complete) throw new AppError('search_unavailable', record.end.reason ?? 'the export is incomplete');
  }
}

const endText = ({ lineCount, complete, reason, cursor, tookMs }: ExportEnd): string =>
  `${JSON.stringify({ export: { lines: lineCount, complete, reason, cursor: cursor ?? null, took_ms: tookMs } })}\n`;
