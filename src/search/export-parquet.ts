/** A small export as a Parquet file, made by the engine in one statement. */
import { AppError } from '#base/errors.ts';
import type { ExportRequest } from './export.ts';
import type { QueryRunner, Searcher } from './query-runner.ts';
import { planSearch } from './search-plan.ts';
import type { ResolvedRange } from './time-range.ts';

/** Without a place for a reason in the file, one that may lack lines is none. AppError as a search, and limit_exceeded. */
export async function exportParquet(
  runner: QueryRunner,
  request: ExportRequest,
  searcher: Searcher,
  signal: AbortSignal,
): Promise<{ readonly range: ResolvedRange; readonly bytes: Uint8Array }> {
  if (request.resumeAfter !== undefined)
    throw new AppError('bad_request', 'a Parquet file is whole or not there; it cannot be gone on with', {
      details: { field: 'resume_after' },
    });
  const patient: Searcher = { ...searcher, priority: 'p2' };
  const { query, range } = await planSearch(runner, request, patient);
  const limit = request.maxLines ?? Number.MAX_SAFE_INTEGER;
  const { bytes, reason } = await runner.measured('export', () =>
    runner.admitted(patient, signal, (_, options) => runner.store.parquetLines({ ...query, limit }, options)),
  );
  if (reason !== undefined) throw new AppError('search_unavailable', `lines may be missing: ${reason}`, { retryAfterMs: 5000 });
  return { range, bytes };
}
