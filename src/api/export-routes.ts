/** Exports: all lines of a search as one stream, or as a Parquet file made at once. */
import { AppError } from '#base/errors.ts';
import { contentTypes, fileName, headOf, lineFormat } from '#search/export-format.ts';
import type { ExportFormat } from '#search/export-format.ts';
import { openExport } from '#search/export.ts';
import type { Export, ExportEnd, ExportRequest } from '#search/export.ts';
import { exportParquet } from '#search/export-parquet.ts';
import type { QueryRunner } from '#search/query-runner.ts';
import type { LineFormat } from '#store/bulk-reads.ts';
import type { TimeRange } from '#store/log-store.ts';
import { rangeObject } from './answer-shapes.ts';
import { exportBody, exportEndpoints } from './export-endpoints.ts';
import { createRequestReader } from './request-reader.ts';
import { mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { orderOf, selectionOf } from './selection.ts';

const readExportBody = createRequestReader(exportBody, 'the body');

export function exportRoutes(runner: QueryRunner): ApiRoute[] {
  return [{ endpoint: exportEndpoints.exportLines, handle: (request) => exportLines(runner, request) }];
}

async function exportLines(runner: QueryRunner, { body, principal, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const { format = 'ndjson', columns, sort, cursor, limit: maxLines, resume_after: resumeAfter, ...rest } = readExportBody(body ?? {});
  const lines = lineFormat(format, columns);
  const request: ExportRequest = { ...selectionOf(rest), order: orderOf(sort), cursor, maxLines, resumeAfter, format: lines };
  if (lines.kind === 'rows') {
    const { range, bytes } = await exportParquet(runner, request, principal, signal);
    return { contentType: contentTypes[format], headers: headersOf(format, range), body: once(bytes) };
  }
  const opened = await openExport(runner, request, principal, signal);
  return { contentType: contentTypes[format], headers: headersOf(format, opened.range), body: exportBytes(opened, lines), isLarge: true };
}

function headersOf(format: ExportFormat, range: TimeRange): Record<string, string> {
  const { from, to } = rangeObject(range);
  return {
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'content-disposition': `attachment; filename="${fileName(format, from)}"`,
    'x-export-time-range': `${from}/${to}`,
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A part is good until the next is asked for. */
async function* exportBytes(opened: Export, format: LineFormat): AsyncGenerator<string | Uint8Array> {
  const head = headOf(format);
  if (head !== '') yield head;
  for await (const { bytes, release } of opened.lines) {
    yield bytes;
    release?.();
  }
  const end = opened.end();
  if (format.kind === 'ndjson') yield endText(end);
  // No other place to say it: the connection breaks, and the client knows that it has not all.
  else if (!end.complete) throw new AppError('search_unavailable', end.reason ?? 'the export is incomplete');
}

/** The last line of an NDJSON export. */
const endText = ({ lineCount, complete, reason, cursor, tookMs }: ExportEnd): string =>
  `${JSON.stringify({ export: { lines: lineCount, complete, reason, cursor: cursor ?? null, took_ms: tookMs } })}\n`;
