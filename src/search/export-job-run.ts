/**
 * One export into its file: lines are appended, made safe together with a checkpoint now and then, and what breaks is tried
 * again from there. Slow on purpose where the settings say so.
 */
import { AppError, toAppError } from '#base/errors.ts';
import type { ErrorCode } from '#base/errors.ts';
import type { OpenFile } from '#platform/files.ts';
import type { RenderedLines } from '#store/bulk-reads.ts';
import { openExport } from './export.ts';
import type { Export } from './export.ts';
import type { Checkpoint, ExportFiles } from './export-files.ts';
import { headOf, lineFormat } from './export-format.ts';
import type { ExportFormat } from './export-format.ts';
import { exportsSetting } from './export-jobs-config.ts';
import type { ExportsConfig } from './export-jobs-config.ts';
import type { QueryRunner } from './query-runner.ts';
import type { SearchRequest } from './search-plan.ts';

/** What a job was asked for; kept as JSON. */
export interface JobRequest extends Pick<SearchRequest, 'query' | 'filters' | 'timeRange' | 'allowWideRange' | 'order'> {
  readonly format: ExportFormat;
  readonly columns?: readonly string[];
  readonly maxLines?: number;
}

export interface JobProgress extends Omit<Checkpoint, 'cursor'> {
  /** Why it waits. */
  readonly reason?: string;
}

export interface JobOutcome {
  readonly lines: number;
  readonly bytes: number;
  readonly complete: boolean;
  readonly reason?: string;
}

export interface ExportWriting {
  readonly id: string;
  readonly tenant: string;
  readonly request: JobRequest;
  readonly files: ExportFiles;
  readonly runner: QueryRunner;
  readonly config: ExportsConfig;
  readonly signal: AbortSignal;
  /** Bytes of all other exports. */
  readonly otherBytes: () => number;
  readonly onProgress: (progress: JobProgress) => void;
}

/** Least bytes between checkpoints, at which it is also looked whether the disk has room; there is one in each window at most. */
const checkpointBytes = 2 ** 20;
/** Tries without a line more, and the pause before each, times its number. */
const maxAttempts = 10;
const retryMs = 5000;
/** Of the request, for which another try gives the same. */
const finalCodes: ReadonlySet<ErrorCode> = new Set([
  'bad_request',
  'query_syntax',
  'query_unsupported',
  'invalid_time_range',
  'invalid_cursor',
  'limit_exceeded',
]);

/** Resolves when the file is whole. AppError where it cannot be made; rejects at once when the signal is aborted. */
export async function writeExport(writing: ExportWriting): Promise<JobOutcome> {
  const { id, files, request, runner, signal } = writing;
  const end = (await files.isPublished(id)) ? undefined : await writeLines(writing);
  const { lines } = await files.checkpoint(id);
  if (end !== undefined) {
    if (request.format !== 'parquet') await files.publishLines(id);
    else await files.publishMade(id, (path) => runner.store.writeParquet(files.linesPath(id), path, conversionOptions(writing)));
  }
  signal.throwIfAborted();
  // A stop between the last line and the document's end loses what the end said, not the file.
  const { complete = true, reason } = end ?? {};
  return { lines, bytes: await files.sizeOfData(id), complete, ...(reason === undefined ? {} : { reason }) };
}

interface LinesEnd {
  readonly complete: boolean;
  readonly reason?: string;
}

async function writeLines(writing: ExportWriting): Promise<LinesEnd> {
  const { id, files, runner, signal, onProgress } = writing;
  for (let attempt = 1; ; attempt++) {
    const before = await files.checkpoint(id);
    let reason: string;
    try {
      const end = await writeFrom(writing, before, attempt >= maxAttempts);
      if (end.complete || !end.hasMore) return end;
      reason = end.reason ?? 'unknown';
    } catch (thrown) {
      const error = toAppError(thrown);
      if (signal.aborted || finalCodes.has(error.code)) throw error;
      reason = error.message;
    }
    const after = await files.checkpoint(id);
    if (after.lines > before.lines) attempt = 1;
    if (attempt >= maxAttempts) throw new AppError('search_unavailable', `given up after ${maxAttempts} tries: ${reason}`);
    onProgress({ ...after, reason });
    await runner.clock.sleep(retryMs * attempt, signal);
    signal.throwIfAborted();
  }
}

/**
 * Goes on behind the checkpoint, to the end or to what breaks it; either way a checkpoint says how far. While the store lacks
 * lines, as after a crash, it breaks off, unless that is accepted.
 */
async function writeFrom(
  writing: ExportWriting,
  from: Checkpoint,
  acceptsGaps: boolean,
): Promise<LinesEnd & { readonly hasMore: boolean }> {
  const { id, tenant, files, runner, request, signal } = writing;
  const { format: formatName, columns, maxLines, ...search } = request;
  const format = lineFormat(formatName, columns);
  const left = maxLines === undefined ? {} : { maxLines: maxLines - from.lines };
  if (left.maxLines === 0) return { complete: true, hasMore: false };
  const file = await files.openLines(id, from.bytes);
  try {
    const position = from.cursor === undefined ? {} : { cursor: from.cursor };
    const opened = await openExport(runner, { ...search, ...position, ...left, format }, { tenant, priority: 'p2' }, signal);
    const appender = new LinesAppender(writing, file, opened, from);
    await appender.begin(Buffer.from(headOf(format)));
    for await (const lines of opened.lines) {
      await appender.append(lines);
      if (opened.end().reason !== undefined && !acceptsGaps) break;
    }
    const { complete, reason, cursor } = opened.end();
    if (complete || acceptsGaps || appender.isWhole) await appender.checkpoint();
    signal.throwIfAborted();
    if (!complete && !acceptsGaps) return { complete, ...(reason === undefined ? {} : { reason }), hasMore: true };
    const isCut = maxLines !== undefined && appender.lines >= maxLines;
    return { complete, ...(reason === undefined ? {} : { reason }), hasMore: cursor !== undefined && !isCut };
  } finally {
    await file.close();
  }
}

class LinesAppender {
  readonly #writing: ExportWriting;
  readonly #file: OpenFile;
  readonly #opened: Export;
  readonly #startedMs: number;
  readonly #startBytes: number;
  readonly #startLines: number;
  #reached: Checkpoint;
  #safe: Checkpoint;

  constructor(writing: ExportWriting, file: OpenFile, opened: Export, from: Checkpoint) {
    this.#writing = writing;
    this.#file = file;
    this.#opened = opened;
    this.#startedMs = writing.runner.clock.monotonicMs();
    this.#startBytes = from.bytes;
    this.#startLines = from.lines;
    this.#reached = from;
    this.#safe = from;
  }

  get lines(): number {
    return this.#reached.lines;
  }

  /** What stands before all lines, where there is none yet. */
  async begin(head: Uint8Array): Promise<void> {
    await this.#mustHaveSpace();
    if (this.#reached.bytes > 0) return;
    await this.#file.writev([head], 0);
    this.#reached = { ...this.#reached, bytes: head.length };
  }

  async append({ bytes, lineCount, lastKey, release }: RenderedLines): Promise<void> {
    await this.#file.writev([bytes], this.#reached.bytes);
    release?.();
    this.#reached = {
      bytes: this.#reached.bytes + bytes.length,
      lines: this.#reached.lines + lineCount,
      cursor: this.#opened.cursorBehind(lastKey),
      reachedNs: lastKey.tsNs.toString(),
    };
    this.#writing.onProgress(this.#reached);
    const isDue = this.#reached.bytes - this.#safe.bytes >= checkpointBytes;
    if (isDue && this.isWhole) await this.checkpoint();
    await this.#slowDown();
  }

  /** Nothing is missing among what was written. */
  get isWhole(): boolean {
    return this.#reached.lines - this.#startLines <= this.#opened.wholeLines();
  }

  async checkpoint(): Promise<void> {
    const { id, files } = this.#writing;
    if (this.#reached === this.#safe) return;
    await this.#file.datasync();
    await files.saveCheckpoint(id, this.#reached);
    this.#safe = this.#reached;
    await this.#mustHaveSpace();
  }

  async #mustHaveSpace(): Promise<void> {
    const { config, files, otherBytes } = this.#writing;
    const { bytes } = this.#reached;
    if (bytes > config.max_file_bytes) throw overBound('max_file_bytes', `the file is over ${config.max_file_bytes} bytes`, config);
    if (bytes + otherBytes() > config.max_total_bytes)
      throw overBound('max_total_bytes', `the files of all exports are over ${config.max_total_bytes} bytes`, config);
    if ((await files.freeBytes()) < config.min_free_bytes)
      throw overBound('min_free_bytes', `the disk has less than ${config.min_free_bytes} bytes free`, config);
  }

  async #slowDown(): Promise<void> {
    const { config, runner, signal } = this.#writing;
    if (config.max_bytes_per_second === 0) return;
    const dueMs = this.#startedMs + ((this.#reached.bytes - this.#startBytes) / config.max_bytes_per_second) * 1000;
    const aheadMs = dueMs - runner.clock.monotonicMs();
    if (aheadMs > 10) await runner.clock.sleep(aheadMs, signal);
  }
}

function overBound(name: keyof ExportsConfig, problem: string, config: ExportsConfig): AppError {
  return new AppError('limit_exceeded', problem, { details: { setting: exportsSetting(name), limit: config[name] } });
}

/** Nobody waits for it, so it has one thread; and its own time, since it reads no table. */
function conversionOptions({ runner, config, signal }: ExportWriting) {
  return { ...runner.readOptions(signal, config.conversion_timeout), workClass: 'background' } as const;
}
