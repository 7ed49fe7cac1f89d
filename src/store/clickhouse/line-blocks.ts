/** Lines as Native blocks, one window of about as many lines as are wanted after the other; each is sorted by itself. */
import type { BatchView } from '#model/batch-view.ts';
import { readNativeBlock } from '#model/native-block.ts';
import type { LineBlocks } from '../block-reads.ts';
import type { BulkQuery } from '../bulk-reads.ts';
import type { LineKey, ReadOptions, TimeRange } from '../log-store.ts';
import { windowsOver } from './density.ts';
import { behindCursor, withCursor } from './find-lines.ts';
import type { ReadParts } from './find-lines.ts';
import { memtableColumns } from './schema.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, lineConditions, rangeParameters, unionOfSources, withinRange } from './sources.ts';

/** Where a window had nothing the next is larger, so that a rare word does not cost a statement for every few lines. */
const windowGrowth = 4;
/** Rows of a block: views of single ticks are cut out of blocks. */
const blockRows = 8192;

/** Answers from one snapshot; the caller holds and releases it. */
export async function lineBlocks(
  parts: ReadParts,
  snapshot: Snapshot,
  query: BulkQuery & { readonly order: 'asc' },
  options: ReadOptions,
): Promise<LineBlocks> {
  const density = await parts.density.of(query.tenant, snapshot.generation, options);
  const windows = windowsOver(behindCursor(query), density, 'asc', query.limit, windowGrowth);
  const reason = snapshot.incompleteReason;
  const told = reason ? { reason } : {};
  for (const [index, window] of windows.entries()) {
    const isLast = index === windows.length - 1;
    const blocks = await readWindow(parts, snapshot, query, window, options);
    const lineCount = blocks.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const hasMore = lineCount >= query.limit;
    if (lineCount === 0 && !isLast) continue;
    const lastBlock = blocks.at(-1);
    return {
      ...{ blocks, lineCount, hasMore },
      ...(lastBlock === undefined ? {} : { lastKey: lastKeyOf(lastBlock) }),
      ...(hasMore || isLast ? {} : { searchedToNs: window.toNs }),
      ...told,
    };
  }
  return { blocks: [], lineCount: 0, hasMore: false, ...told };
}

async function readWindow(
  { database }: ReadParts,
  snapshot: Snapshot,
  query: BulkQuery,
  window: TimeRange,
  options: ReadOptions,
): Promise<BatchView[]> {
  const conditions = withCursor(lineConditions(query.tenant, query.where), query);
  const lines = unionOfSources(snapshot, memtableColumns.join(', '), withinRange(conditions));
  const bytes = await database.selectBytes(
    `SELECT * FROM (${lines}) ORDER BY ts, origin, seq, row_no LIMIT ${query.limit}`,
    { ...conditions.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(window) },
    'Native',
    options,
    { max_block_size: blockRows },
  );
  const blocks: BatchView[] = [];
  for (let at = 0; at < bytes.length; ) {
    const block = readNativeBlock(bytes, at);
    at += block.byteLength;
    if (block.rowCount > 0) blocks.push(block);
  }
  return blocks;
}

function lastKeyOf(block: BatchView): LineKey {
  const row = block.rowCount - 1;
  return { tsNs: block.ts[row], origin: block.origin[row], seq: Number(block.seq[row]), rowNo: block.rowNo[row] };
}
