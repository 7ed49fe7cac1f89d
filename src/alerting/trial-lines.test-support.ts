/** Lines for tests of trying rules: records as batches, made as the native endpoints make them, and a store that has them. */
import { ingestConfig } from '#ingest/config.ts';
import { compileMatcher } from '#language/compile-matcher.ts';
import type { BatchView } from '#model/batch-view.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { rowRange } from '#model/row-range.ts';
import { selectRows } from '#model/select-rows.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import type { BlockReads } from '#store/block-reads.ts';
import { defaultsOf } from '../../test/support/config-defaults.ts';
import { alertsConfig } from './config.ts';
import type { AlertsConfig } from './config.ts';
import type { DecodedLines } from './line-trial.ts';

export const alertDefaults: AlertsConfig = defaultsOf(alertsConfig);

/** In the order given; records without a time come at `nowMs`. */
export function decodeRecords(tenant: string, records: readonly unknown[], nowMs: number): DecodedLines {
  const { block, recordOfRow, errors } = encode(tenant, records, nowMs);
  return { view: block === undefined ? undefined : readNativeBlock(block), recordOfRow, errors };
}

function encode(tenant: string, records: readonly unknown[], nowMs: number, patternOf?: (row: number) => number) {
  const ingest = defaultsOf(ingestConfig);
  const rows = new LogBatchBuilder();
  if (patternOf !== undefined) {
    rows.finisher = {
      finish(builder) {
        builder.setPattern(builder.rowCount, 0, patternOf(builder.rowCount));
        return undefined;
      },
    };
  }
  const body = new TextEncoder().encode(JSON.stringify({ logs: records }));
  const { errors } = new BatchDecoder(ingest).decodeJson(body, {}, rows);
  const failures = new Map(errors.map(({ index, message }) => [index, message]));
  const recordOfRow = records.map((_, index) => index).filter((index) => !failures.has(index));
  const stamp = { tenant, receivedMs: nowMs, origin: 0, seq: 0, maxClockSkewMs: ingest.max_clock_skew };
  return { block: rows.rowCount === 0 ? undefined : rows.finish(stamp), recordOfRow, errors: failures };
}

/** A store of these records, which rise in time; `pages` counts what was asked. */
export class FakeBlockStore implements BlockReads {
  pages = 0;
  readonly #block: Uint8Array;

  constructor(tenant: string, records: readonly unknown[], patternOf?: (row: number) => number) {
    const { block } = encode(tenant, records, 0, patternOf);
    if (block === undefined) throw new Error('the test gives no lines');
    this.#block = block;
  }

  async lineBlocks({ where, range, after, limit }: Parameters<BlockReads['lineBlocks']>[0]) {
    this.pages++;
    const all = readNativeBlock(this.#block);
    const matching = compileMatcher(where).match(all);
    const first = after === undefined ? 0 : after.rowNo + 1;
    const mask = Uint8Array.from({ length: all.rowCount }, (_, row) =>
      row >= first && matching.has(row) && all.ts[row] >= range.fromNs && all.ts[row] < range.toNs ? 1 : 0,
    );
    const found = mask.reduce((sum, bit) => sum + bit, 0);
    if (found === 0) return { blocks: [], lineCount: 0, hasMore: false };
    const rows: BatchView = readNativeBlock(selectRows(this.#block, mask));
    const lineCount = Math.min(found, limit);
    const row = lineCount - 1;
    const lastKey = { tsNs: rows.ts[row], origin: 0, seq: 0, rowNo: rows.rowNo[row] };
    return { blocks: [rowRange(rows, 0, lineCount)], lineCount, lastKey, hasMore: found > lineCount };
  }
}
