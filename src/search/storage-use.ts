/** The room that lines take, as a tenant may see it. */
import type { ColumnSizes, StorageReads, TextSizesAnswer } from '#store/storage-reads.ts';
import { completenessOf, plainRange } from './query-runner.ts';
import type { Answer, QueryRunner, Searcher } from './query-runner.ts';
import type { TimeRangeSpec } from './time-range.ts';

export interface StorageParts {
  readonly runner: QueryRunner;
  readonly store: StorageReads;
}

export interface StorageUse extends Answer, Pick<TextSizesAnswer, 'services' | 'fields' | 'bytes' | 'sampledLines'> {
  /** Only for who may see all tenants. */
  readonly disk?: ColumnSizes;
}

const maxSampledLines = 100_000;
const defaultRange: TimeRangeSpec = { last: '24h' };

/** AppError as `SearchService.aggregate`. */
export function readStorageUse(
  { runner, store }: StorageParts,
  { timeRange, withDisk }: { readonly timeRange?: TimeRangeSpec; readonly withDisk: boolean },
  searcher: Searcher,
  signal: AbortSignal,
): Promise<StorageUse> {
  return runner.measured('aggregate', async (startedMs) => {
    const range = await runner.resolveRange({ timeRange: timeRange ?? defaultRange }, 'now', searcher);
    const query = { tenant: searcher.tenant, range: plainRange(range), maxLines: maxSampledLines };
    const [sizes, disk] = await Promise.all([
      runner.admitted(searcher, signal, (_, options) => store.textSizes(query, options)),
      withDisk ? store.columnSizes() : undefined,
    ]);
    const { services, fields, bytes, sampledLines, scannedRows } = sizes;
    return {
      ...{ services, fields, bytes, sampledLines, scannedRows, range },
      ...(disk === undefined ? {} : { disk }),
      ...completenessOf(sizes),
      tookMs: runner.elapsedMs(startedMs),
    };
  });
}
