/** Log queries: the first lines, in order of time, that a selector and a pipeline keep. */
import type { LogExpression } from '#logql/ast.ts';
import { LineLabels } from '#logql/line-labels.ts';
import { compileStages } from '#logql/pipeline.ts';
import type { StageRun } from '#logql/pipeline.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LineQuery, TimeRange } from '#store/log-store.ts';
import { nsPerMs } from '#base/instant.ts';
import { settingPath } from './config.ts';
import { streamLabels, structuredMetadata, textOfLine } from './line-streams.ts';
import type { Asker, LokiParts } from './loki-parts.ts';
import { hasRenamedLabels, selectLines } from './selection.ts';
import type { LineSelection } from './selection.ts';

export interface LogRequest {
  readonly expression: LogExpression;
  readonly range: TimeRange;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** At least so much time between two entries of a stream; 0: any. */
  readonly intervalNs: bigint;
}

/** A line that was kept. */
export interface Entry {
  readonly id: string;
  readonly tsNs: bigint;
  readonly line: string;
  readonly labels: LineLabels;
}

export interface LogAnswer {
  readonly entries: readonly Entry[];
  /** Why lines may be missing. */
  readonly warnings: readonly string[];
  readonly scannedRows: number;
}

/** What of a log query the store answers, and what not. */
export async function planLog(parts: LokiParts, expression: LogExpression, range: TimeRange, asker: Asker): Promise<LineSelection> {
  return selectLines(expression, hasRenamedLabels(expression) ? await parts.renamed(asker, range) : new Map());
}

/** AppError as a search. */
export function readLog(parts: LokiParts, request: LogRequest, asker: Asker): Promise<LogAnswer> {
  return parts.runner.measured('search', async () => {
    const { expression, range, order, limit } = request;
    const selection = await planLog(parts, expression, range, asker);
    const query = { tenant: asker.searcher.tenant, where: selection.where, range, order };
    return selection.rest.length === 0 && request.intervalNs === 0n
      ? readPage(parts, { ...query, limit }, asker)
      : readThroughPipeline(parts, query, selection, request, asker);
  });
}

async function readPage(parts: LokiParts, query: LineQuery, asker: Asker): Promise<LogAnswer> {
  const page = await parts.admitted(asker, { kind: 'search', ...query }, (options) => parts.runner.store.findLines(query, options));
  return {
    entries: page.lines.map((line) => entryOf(line)),
    warnings: page.reason === undefined ? [] : [page.reason],
    scannedRows: page.scannedRows,
  };
}

function readThroughPipeline(
  parts: LokiParts,
  query: Omit<LineQuery, 'limit'>,
  { rest }: LineSelection,
  request: LogRequest,
  asker: Asker,
): Promise<LogAnswer> {
  const maxLines = parts.config.max_pipeline_lines;
  const run = compileStages(rest, { nowNs: BigInt(Math.floor(parts.nowMs)) * nsPerMs });
  const spacing = new Spacing(request.intervalNs);
  return parts.admitted(asker, { kind: 'search', ...query }, async (options) => {
    const entries: Entry[] = [];
    let scannedRows = 0;
    let lineCount = 0;
    let reason: string | undefined;
    for await (const step of parts.runner.store.streamLines({ ...query, limit: maxLines }, options)) {
      scannedRows = step.scannedRows;
      lineCount += step.lines.length;
      reason ??= step.reason;
      for (const line of step.lines) {
        const entry = keptEntry(line, run);
        if (entry !== undefined && spacing.takes(entry)) entries.push(entry);
        if (entries.length === request.limit) return { entries, warnings: [], scannedRows };
      }
    }
    if (lineCount >= maxLines) reason ??= `stopped after ${maxLines} lines (setting "${settingPath('max_pipeline_lines')}")`;
    return { entries, warnings: reason === undefined ? [] : [reason], scannedRows };
  });
}

export function entryOf(line: LogLine): Entry {
  return { id: line.id, tsNs: line.tsNs, line: textOfLine(line), labels: new LineLabels(streamLabels(line), structuredMetadata(line)) };
}

/** The line behind the pipeline; undefined where that drops it. */
export function keptEntry(line: LogLine, run: StageRun): Entry | undefined {
  const entry = { ...entryOf(line) };
  return run(entry) ? entry : undefined;
}

/** Keeps entries of a stream apart. */
class Spacing {
  readonly #intervalNs: bigint;
  readonly #last = new Map<string, bigint>();

  constructor(intervalNs: bigint) {
    this.#intervalNs = intervalNs;
  }

  takes({ tsNs, labels }: Entry): boolean {
    if (this.#intervalNs === 0n) return true;
    const key = JSON.stringify([...labels.entries()].filter(([, , kind]) => kind === 'stream'));
    const last = this.#last.get(key);
    const distance = last === undefined ? this.#intervalNs : last > tsNs ? last - tsNs : tsNs - last;
    if (distance < this.#intervalNs) return false;
    this.#last.set(key, tsNs);
    return true;
  }
}
