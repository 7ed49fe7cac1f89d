/**
 * Lines for exports: the range is cut into windows of about as many lines as are wanted, and a window with lines in it is
 * read in one statement, memtables included. The engine renders the lines; here they only pass.
 */
import type { BulkEnd, BulkQuery, LineFormat, RenderedLines } from '../bulk-reads.ts';
import type { ReadOptions, TimeRange } from '../log-store.ts';
import { windowsOver } from './density.ts';
import { behindCursor, withCursor } from './find-lines.ts';
import type { ReadParts } from './find-lines.ts';
import { framedColumns, FramedLines, LineBuffers } from './framed-lines.ts';
import { keyColumns } from './line-rows.ts';
import { renderedLine, renderingSettings } from './rendered-line.ts';
import type { Rendering } from './rendered-line.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, lineConditions, rangeParameters, unionOfSources, withinRange } from './sources.ts';

/** Where a window had nothing the next is larger, so that a rare word does not cost a statement for every few lines. */
const windowGrowth = 4;
const slotNs = 300_000_000_000n;

/**
 * Lines are rendered before they are sorted: one text of a line moves faster than its twenty columns. Its threads are few,
 * since nobody waits for an export.
 */
const statementSettings = { ...renderingSettings, query_plan_execute_functions_after_sorting: 0, max_threads: 2, max_block_size: 8192 };

/** Of all exports; what their clients have not taken is bounded for each by what is read ahead. */
const lineBuffers = new LineBuffers();

/** Answers from one snapshot; the caller holds it and releases it when the iteration has ended. */
export async function* bulkLines(
  parts: ReadParts,
  snapshot: Snapshot,
  query: BulkQuery,
  format: LineFormat,
  options: ReadOptions,
): AsyncGenerator<RenderedLines, BulkEnd> {
  const density = await parts.density.of(query.tenant, snapshot.generation, options);
  const windows = alignedWindows(windowsOver(behindCursor(query), density, query.order, query.limit, windowGrowth), query.order);
  const rendering = renderedLine(format);
  for (const [index, window] of windows.entries()) {
    const isLast = index === windows.length - 1;
    const lineCount = yield* readWindow(parts, snapshot, query, rendering, window, options);
    if (lineCount === 0 && !isLast) continue;
    const hasMore = lineCount >= query.limit;
    const reason = snapshot.incompleteReason;
    return {
      hasMore,
      ...(hasMore || isLast ? {} : { searchedToNs: query.order === 'desc' ? window.fromNs : window.toNs }),
      ...(reason ? { reason } : {}),
    };
  }
  return { hasMore: false };
}

/**
 * Rows lie ordered by slots of five minutes, so a slot that two windows share is read twice: windows end where slots do,
 * unless hardly anything would be left of one. They stay adjacent and cover the same.
 */
function alignedWindows(windows: readonly TimeRange[], order: 'desc' | 'asc'): TimeRange[] {
  const aligned: TimeRange[] = [];
  let edge = order === 'desc' ? windows[0].toNs : windows[0].fromNs;
  for (const [index, { fromNs, toNs }] of windows.entries()) {
    const isLast = index === windows.length - 1;
    if (order === 'desc') {
      const slotStart = ((fromNs + slotNs - 1n) / slotNs) * slotNs;
      const end = isLast || edge - slotStart < slotNs / 2n ? fromNs : slotStart;
      aligned.push({ fromNs: end, toNs: edge });
      edge = end;
    } else {
      const slotStart = (toNs / slotNs) * slotNs;
      const end = isLast || slotStart - edge < slotNs / 2n ? toNs : slotStart;
      aligned.push({ fromNs: edge, toNs: end });
      edge = end;
    }
  }
  return aligned;
}

/** Gives the lines of a window; returns how many there were. */
async function* readWindow(
  { database }: ReadParts,
  snapshot: Snapshot,
  query: BulkQuery,
  rendering: Rendering,
  window: TimeRange,
  options: ReadOptions,
): AsyncGenerator<RenderedLines, number> {
  const conditions = withCursor(lineConditions(query.tenant, query.where), query);
  const direction = query.order === 'desc' ? 'DESC' : 'ASC';
  const order = `ORDER BY ts_ns ${direction}, origin ${direction}, seq ${direction}, row_no ${direction} LIMIT ${query.limit}`;
  const columns = `${rendering.sql} AS line, ${keyColumns}`;
  const lines = unionOfSources(snapshot, columns, withinRange(conditions));
  const stream = database.stream(
    `SELECT ${framedColumns} FROM (${lines}) ${order}`,
    { ...conditions.parameters, ...rendering.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(window) },
    'RowBinary',
    options,
    statementSettings,
  );
  const framed = new FramedLines(lineBuffers);
  let lineCount = 0;
  try {
    for await (const chunk of stream) {
      for (const lines of framed.read(chunk)) {
        lineCount += lines.lineCount;
        yield lines;
      }
    }
  } catch (error) {
    // What came whole is given all the same: the next read goes on behind it.
    yield* framed.end();
    throw error;
  }
  for (const lines of framed.end()) {
    lineCount += lines.lineCount;
    yield lines;
  }
  return lineCount;
}
