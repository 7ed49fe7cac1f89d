/** Exports in the background: asked for, watched, fetched in whole or in parts, removed. */
import { AppError } from '#base/errors.ts';
import { formatTimestamp, parseTimestamp } from '#model/timestamps.ts';
import type { OpenFile } from '#platform/files.ts';
import { contentTypes, fileName } from '#search/export-format.ts';
import type { ExportJob, ExportJobs } from '#search/export-jobs.ts';
import { byteRange } from './byte-range.ts';
import { exportEndpoints, exportJobBody } from './export-endpoints.ts';
import { createRequestReader } from './request-reader.ts';
import { mustHaveCaller, reply } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute, Caller } from './route.ts';
import { orderOf, selectionOf } from './selection.ts';

const readJobBody = createRequestReader(exportJobBody, 'the body');

export function exportJobRoutes(jobs: ExportJobs): ApiRoute[] {
  const { exportJobs, exportJobCreate, exportJob, exportJobFile, exportJobDelete } = exportEndpoints;
  return [
    { endpoint: exportJobs, handle: async (request) => reply({ exports: (await jobs.list(callerOf(request).tenant)).map(shown) }) },
    { endpoint: exportJobCreate, handle: (request) => create(jobs, request) },
    { endpoint: exportJob, handle: async (request) => reply(shown(await jobs.find(callerOf(request).tenant, idOf(request)))) },
    { endpoint: exportJobFile, handle: (request) => file(jobs, request) },
    {
      endpoint: exportJobDelete,
      handle: async (request) => {
        await jobs.remove(callerOf(request).tenant, idOf(request));
        return reply({ removed: true });
      },
    },
  ];
}

async function create(jobs: ExportJobs, request: ApiRequest): Promise<ApiReply> {
  const { format = 'ndjson', columns, sort, limit: maxLines, ...rest } = readJobBody(request.body ?? {});
  const optional = { ...(columns === undefined ? {} : { columns }), ...(maxLines === undefined ? {} : { maxLines }) };
  const job = await jobs.create({ ...selectionOf(rest), order: orderOf(sort), format, ...optional }, callerOf(request));
  const answer = reply(shown(job), 202);
  return { ...answer, headers: { location: `/v1/exports/${job.id}` } };
}

async function file(jobs: ExportJobs, request: ApiRequest): Promise<ApiReply> {
  const { job, open } = await jobs.fileOf(callerOf(request).tenant, idOf(request));
  const etag = `"${job.id}-${job.bytes}"`;
  const ifRange = request.headers['if-range'];
  const range = ifRange === undefined || ifRange === etag ? byteRange(request.headers.range, job.bytes) : undefined;
  const { from, to } = range ?? { from: 0, to: job.bytes };
  return {
    status: range === undefined ? 200 : 206,
    contentType: contentTypes[job.request.format],
    headers: {
      etag,
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-store',
      'content-length': String(to - from),
      'content-disposition': `attachment; filename="${fileName(job.request.format, job.range.from)}"`,
      ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to - 1}/${job.bytes}` }),
    },
    body: fileBytes(open, from, to, request.signal),
  };
}

const chunkBytes = 256 * 1024;

/** Opens the file when it is read, and closes it, also where nobody reads on. */
async function* fileBytes(open: () => Promise<OpenFile>, from: number, to: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await open();
  try {
    for (let at = from; at < to && !signal.aborted; ) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, to - at));
      const read = await file.read(buffer, at);
      if (read === 0) throw new AppError('internal', 'the file of an export is shorter than it was');
      yield buffer.subarray(0, read);
      at += read;
    }
  } finally {
    await file.close();
  }
}

function shown(job: ExportJob) {
  const { id, state, request, range, createdMs, createdBy, lines, bytes, reachedNs, complete, reason, finishedMs, expiresMs } = job;
  return {
    id,
    state,
    format: request.format,
    ...(request.query === undefined ? {} : { query: request.query }),
    time_range: range,
    created_at: new Date(createdMs).toISOString(),
    created_by: createdBy,
    lines,
    bytes,
    reached: reachedNs === undefined ? null : formatTimestamp(reachedNs),
    share: shareOf(job),
    ...(complete === undefined ? {} : { complete }),
    ...(reason === undefined ? {} : { reason }),
    ...(finishedMs === undefined ? {} : { finished_at: new Date(finishedMs).toISOString() }),
    ...(expiresMs === undefined ? {} : { expires_at: new Date(expiresMs).toISOString() }),
    ...(state === 'done' ? { file: `/v1/exports/${id}/file` } : {}),
  };
}

function shareOf({ state, range, reachedNs, request }: ExportJob): number {
  const [fromNs, toNs] = [range.from, range.to].map((text) => parseTimestamp(text) ?? 0n);
  if (state === 'done') return 1;
  if (reachedNs === undefined || toNs <= fromNs) return 0;
  const done = request.order === 'asc' ? reachedNs - fromNs : toNs - reachedNs;
  return Math.round((Number(done) / Number(toNs - fromNs)) * 1000) / 1000;
}

const idOf = ({ pathParameters }: ApiRequest): string => pathParameters['id'];

function callerOf({ principal }: ApiRequest): Caller {
  mustHaveCaller(principal);
  return principal;
}
