/** Exports: all lines of a search as one stream. */
import { AppError, invariant } from '#base/errors.ts';
import { openExport } from '#search/export.ts';
import type { Export, ExportEnd } from '#search/export.ts';
import type { QueryRunner } from '#search/query-runner.ts';
import type { LineFormat } from '#store/bulk-reads.ts';
import { rangeObject } from './answer-shapes.ts';
import { exportBody, exportEndpoints } from './export-endpoints.ts';
import { attachment, contentTypes, headOf, lineFormat } from './export-shapes.ts';
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
  const lines = lineFormat(format, columns);
  const request = { ...selectionOf(rest), order: orderOf(sort), cursor, maxLines, resumeAfter, format: lines };
  const opened = await openExport(runner, request, principal, signal);
  const { from, to } = rangeObject(opened.range);
  const headers = {
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'content-disposition': attachment(format, from),
    'x-export-time-range': `${from}/${to}`,
  };
  return { contentType: contentTypes[format], headers, body: exportBytes(opened, lines) };
}

async function* exportBytes(opened: Export, format: LineFormat): AsyncGenerator<string | Uint8Array> {
  const head = headOf(format);
  if (head !== '') yield head;
  for await (const { bytes } of opened.lines) yield bytes;
  const end = opened.end();
  if (format.kind === 'ndjson') yield endText(end);
  // No other place to say it: the connection breaks, and the client knows that it has not all.
  else if (!end.complete) throw new AppError('search_unavailable', end.reason ?? 'the export is incomplete');
}

/** The last line of an NDJSON export. */
export const endText = ({ lineCount, complete, reason, cursor, tookMs }: ExportEnd): string =>
  `${JSON.stringify({ export: { lines: lineCount, complete, reason, cursor: cursor ?? null, took_ms: tookMs } })}\n`;
