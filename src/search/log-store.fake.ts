/**
 * A small true LogStore over an array, for tests of whoever stands above the port. It evaluates every query; what can be
 * arranged is only how it behaves: slow, failing, short of rows.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { AppError } from '#base/errors.ts';
import { formatLineId, parseLineId } from '#base/ids.ts';
import { foldText, tokenize } from '#base/text-folding.ts';
import { compileSql } from '#language/compile-sql.ts';
import { conditionOf } from '#language/conditions.ts';
import type { Condition, ValueTest } from '#language/conditions.ts';
import { resolveField } from '#language/fields.ts';
import { resolveEdge } from '#language/time-spans.ts';
import { regexMatcher, textPredicate } from '#language/value-tests.ts';
import type { LogLine } from '#model/log-line.ts';
import { firstErrorSeverity, parseSeverity, severityName } from '#model/severity.ts';
import type {
  ComparisonAnswer,
  ComparisonQuery,
  CompletionAnswer,
  CompletionQuery,
  FieldStatisticsAnswer,
  FieldStatisticsQuery,
} from '#store/field-reads.ts';
import type {
  AggregateAnswer,
  AggregateQuery,
  Bucket,
  CountAnswer,
  CountedLines,
  LineKey,
  LinePlace,
  LineQuery,
  LinesAnswer,
  LinesStep,
  LogStore,
  Metric,
  ReadOptions,
  TimeRange,
} from '#store/log-store.ts';
import type { BulkEnd, BulkQuery, LineFormat, ParquetFile, RenderedLines } from '#store/bulk-reads.ts';
import type { EstimateQuery, LineEstimate } from '#store/line-estimate.ts';
import type { PipeAnswer, PipeQuery, PipeStatement } from '#store/pipe-reads.ts';
import type { ReadPlan } from '#store/read-plan.ts';
import type { ServiceSpan, ServiceSpansAnswer } from '#store/trace-reads.ts';
import { fakePipeStatement, fakePipes } from './pipe-reads.fake.ts';
import { fakeComparison, fakeCompletions, fakeFieldStatistics } from './field-reads.fake.ts';

export type QuestionKind = 'find' | 'count' | 'aggregate' | 'line' | 'spans' | 'fields' | 'pipes';

export interface FakeLine extends Partial<Omit<LogLine, 'attributes' | 'level' | 'id' | 'tsNs'>> {
  readonly tsMs: number;
  readonly level?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean | null | object>>;
}

export class FakeLogStore implements LogStore {
  readonly lines: LogLine[] = [];
  /** Every question asked, in order. */
  readonly asked: { readonly kind: QuestionKind; readonly tenant: string; readonly options: ReadOptions }[] = [];
  /** Questions that were ended by their signal. */
  abortedCount = 0;
  /** Thrown by the next question of the kind. */
  readonly failures = new Map<QuestionKind, unknown>();
  /** Kinds that wait until `release`. */
  readonly held = new Set<QuestionKind>();
  incompleteReason: string | undefined;
  costFactor = 1;
  /** Times that everything may have changed. */
  upheavals = 0;
  /** Streams that were begun and have not ended. */
  openStreams = 0;
  #releasers: (() => void)[] = [];
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  /** Adds a line; every line is a batch of its own. */
  add(fake: FakeLine): LogLine {
    const { tsMs, level = 'INFO', attributes = {}, ...rest } = fake;
    const seq = this.lines.length;
    const line: LogLine = {
      tenant: 'default',
      service: 'shop',
      host: 'host-1',
      environment: '',
      traceId: '',
      spanId: '',
      message: '',
      resource: {},
      tags: [],
      raw: '',
      sampleRate: 1,
      patternId: 0n,
      skewed: false,
      receivedMs: tsMs,
      ...rest,
      id: formatLineId({ tsMs: Math.floor(tsMs), origin: 64, seq, rowNo: 0 }),
      tsNs: BigInt(Math.round(tsMs * 1000)) * 1000n,
      level: parseSeverity(level),
      attributes: fakeAttributes(attributes),
    };
    this.lines.push(line);
    return line;
  }

  release(): void {
    this.held.clear();
    for (const release of this.#releasers.splice(0)) release();
  }

  /** Resolves when so many questions have been asked in all. */
  async untilAsked(count: number): Promise<void> {
    if (this.asked.length < count) await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }));
  }

  changeVersion(): number {
    return this.lines.length + this.upheavals;
  }

  /** Lines count as changed from where they were added on; an upheaval changes everything. */
  changedSince(tenant: string, version: number, range: TimeRange): bigint | undefined {
    if (this.upheavals > 0 && version < this.changeVersion()) return range.fromNs;
    const added = this.#rows({ tenant }, range).filter((line) => this.lines.indexOf(line) >= version);
    return added.reduce<bigint | undefined>((first, { tsNs }) => (first === undefined || tsNs < first ? tsNs : first), undefined);
  }

  /** Counts every line of the range as read, times `costFactor`. */
  async estimateLines({ tenant, range }: EstimateQuery): Promise<LineEstimate> {
    const lines = this.#rows({ tenant }, range).length;
    return { lines, scannedRows: lines * this.costFactor };
  }

  /** Has no parts and no indexes: all lines are in memory. */
  async planRead({ where }: Pick<LineQuery, 'where'>): Promise<ReadPlan> {
    const { sql: condition, params: parameters } = compileSql(where);
    return { condition, parameters, indexes: [], parts: 0, granules: 0, rows: 0, memtables: 1, countsFromRollup: false };
  }

  async findLines(query: LineQuery, options: ReadOptions): Promise<LinesAnswer> {
    await this.#ask('find', query.tenant, options);
    const sign = query.order === 'desc' ? -1 : 1;
    const rows = this.#rows(query, query.range)
      .filter((line) => query.after === undefined || sign * compareKeys(keyOf(line), query.after) > 0)
      .sort((a, b) => sign * compareKeys(keyOf(a), keyOf(b)));
    const scanned = rows.slice(0, options.limits.maxScannedRows);
    const matched = scanned.filter((line) => matches(conditionOf(query.where), line));
    const offset = query.offset ?? 0;
    const lines = matched.slice(offset, offset + query.limit);
    const hasMore = matched.length > offset + query.limit;
    const stopped = scanned.length < rows.length && !hasMore;
    return {
      lines: stopped ? lines.filter((line) => line.tsNs !== rows[scanned.length].tsNs) : lines,
      ...(lines.length > 0 ? { lastKey: keyOf(lines[lines.length - 1]) } : {}),
      hasMore,
      scannedRows: scanned.length,
      ...this.#completeness(stopped ? 'stopped at the bound of scanned lines' : undefined),
      ...(stopped ? { searchedToNs: rows[scanned.length].tsNs + (query.order === 'desc' ? 1n : 0n) } : {}),
    };
  }

  /** Three lines a step. */
  async *streamLines(query: Omit<LineQuery, 'offset'>, options: ReadOptions): AsyncGenerator<LinesStep> {
    const isDescending = query.order === 'desc';
    let after = query.after;
    let scannedRows = 0;
    this.openStreams++;
    try {
      for (let remaining = query.limit, hasMore = true; hasMore && remaining > 0; ) {
        const found = await this.findLines({ ...query, limit: Math.min(3, remaining), ...(after ? { after } : {}) }, options);
        after = found.lastKey ?? after;
        remaining -= found.lines.length;
        scannedRows += found.scannedRows;
        hasMore = found.hasMore;
        const end = isDescending ? query.range.fromNs : query.range.toNs;
        const edge = hasMore && after ? after.tsNs + (isDescending ? 1n : 0n) : (found.searchedToNs ?? end);
        const done = isDescending ? query.range.toNs - edge : edge - query.range.fromNs;
        const share = Number(done) / Number(query.range.toNs - query.range.fromNs);
        const { lines, lastKey, reason } = found;
        yield { lines, ...(lastKey ? { lastKey } : {}), hasMore, searchedToNs: edge, share, scannedRows, ...(reason ? { reason } : {}) };
      }
    } finally {
      this.openStreams--;
    }
  }

  async runPipes(query: PipeQuery, options: ReadOptions): Promise<PipeAnswer> {
    await this.#ask('pipes', query.tenant, options);
    const rows = this.#rows(query, query.range);
    const answer = fakePipes(rows, (node, line) => matches(conditionOf(node), line), query);
    return { ...answer, scannedRows: rows.length, ...this.#completeness() };
  }

  async pipeStatement(query: PipeQuery): Promise<PipeStatement> {
    return fakePipeStatement(query);
  }

  findCounted(query: LineQuery, options: ReadOptions, countOptions: ReadOptions): CountedLines {
    return { page: this.findLines(query, options), count: this.countLines(query, countOptions) };
  }

  async countLines(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<CountAnswer> {
    await this.#ask('count', query.tenant, options);
    const rows = this.#rows(query, query.range);
    return {
      total: rows.filter((line) => matches(conditionOf(query.where), line)).length,
      scannedRows: rows.length,
      ...this.#completeness(),
    };
  }

  async aggregate(query: AggregateQuery, options: ReadOptions): Promise<AggregateAnswer> {
    await this.#ask('aggregate', query.tenant, options);
    const rows = this.#rows(query, query.range);
    const groups = new Map<string, LogLine[]>();
    for (const line of rows.filter((row) => matches(conditionOf(query.where), row))) {
      const timeMs =
        query.intervalMs === undefined ? null : Math.floor(Number(line.tsNs / 1_000_000n) / query.intervalMs) * query.intervalMs;
      const key = JSON.stringify([timeMs, query.groupBy.map((field) => fieldText(line, field))]);
      groups.set(key, [...(groups.get(key) ?? []), line]);
    }
    const seconds = (query.intervalMs ?? Number((query.range.toNs - query.range.fromNs) / 1_000_000n)) / 1000;
    const buckets = [...groups].map(([key, lines]): Bucket => {
      const [timeMs, group] = JSON.parse(key) as [number | null, string[]];
      return { ...(timeMs === null ? {} : { timeMs }), group, value: metricOf(query.metric, lines, seconds) };
    });
    const extrapolated = rows.some(({ sampleRate }) => sampleRate < 1);
    buckets.sort((a, b) => (a.timeMs ?? 0) - (b.timeMs ?? 0) || (a.group.join() < b.group.join() ? -1 : 1));
    return { buckets, extrapolated, scannedRows: rows.length, ...this.#completeness() };
  }

  async serviceSpans(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<ServiceSpansAnswer> {
    const rows = await this.#matching('spans', query, options);
    const spans = [...Map.groupBy(rows, ({ service }) => service)].map(([service, lines]): ServiceSpan => {
      const times = lines.map(({ tsNs }) => tsNs).sort((a, b) => Number(a - b));
      const errorCount = lines.filter(({ level }) => level >= firstErrorSeverity).length;
      return { service, lineCount: lines.length, errorCount, firstNs: times[0], lastNs: times[times.length - 1] };
    });
    spans.sort((a, b) => Number(a.firstNs - b.firstNs));
    return { spans, scannedRows: rows.length, ...this.#completeness() };
  }

  async fieldStatistics(query: FieldStatisticsQuery, options: ReadOptions): Promise<FieldStatisticsAnswer> {
    const rows = await this.#matching('fields', query, options);
    return { ...fakeFieldStatistics(rows, query), scannedRows: rows.length, ...this.#completeness() };
  }

  async completions(query: CompletionQuery, options: ReadOptions): Promise<CompletionAnswer> {
    const rows = await this.#matching('fields', query, options);
    return { ...fakeCompletions(rows, query), scannedRows: rows.length, ...this.#completeness() };
  }

  async compareFields({ tenant, selection, baseline, limit }: ComparisonQuery, options: ReadOptions): Promise<ComparisonAnswer> {
    const selected = await this.#matching('fields', { tenant, ...selection }, options);
    const base = await this.#matching('fields', { tenant, ...baseline }, options);
    return { ...fakeComparison(selected, base, limit), scannedRows: selected.length + base.length, ...this.#completeness() };
  }

  /** Four lines of a window, whatever is wanted, each on its own. */
  async *bulkLines(query: BulkQuery, format: LineFormat, options: ReadOptions): AsyncGenerator<RenderedLines, BulkEnd> {
    const { lines, hasMore, reason } = await this.findLines({ ...query, limit: Math.min(4, query.limit) }, options);
    for (const line of lines) yield { bytes: Buffer.from(fakeRendering(line, format)), lineCount: 1, lastKey: keyOf(line) };
    return { hasMore, ...(reason === undefined ? {} : { reason }) };
  }

  async parquetLines(query: BulkQuery, options: ReadOptions): Promise<ParquetFile> {
    const { lines, reason } = await this.findLines(query, options);
    return { bytes: Buffer.from(`PAR1 ${lines.length}`), ...(reason === undefined ? {} : { reason }) };
  }

  async writeParquet(rowsPath: string, targetPath: string): Promise<void> {
    await writeFile(targetPath, `PAR1 of ${(await readFile(rowsPath)).length} bytes`);
  }

  async lineById(tenant: string, id: string, options: ReadOptions): Promise<LogLine | undefined> {
    await this.#ask('line', tenant, options);
    return this.lines.find((line) => line.tenant === tenant && line.id === id);
  }

  async placeOfLine(tenant: string, id: string, options: ReadOptions): Promise<LinePlace | undefined> {
    return this.lineById(tenant, id, options);
  }

  async #matching(kind: QuestionKind, query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<LogLine[]> {
    await this.#ask(kind, query.tenant, options);
    return this.#rows(query, query.range).filter((line) => matches(conditionOf(query.where), line));
  }

  #rows({ tenant }: { readonly tenant: string }, { fromNs, toNs }: TimeRange): LogLine[] {
    return this.lines.filter((line) => line.tenant === tenant && line.tsNs >= fromNs && line.tsNs < toNs);
  }

  #completeness(reason = this.incompleteReason): { complete: boolean; reason?: string } {
    return reason === undefined ? { complete: true } : { complete: false, reason };
  }

  async #ask(kind: QuestionKind, tenant: string, options: ReadOptions): Promise<void> {
    this.asked.push({ kind, tenant, options });
    for (const waiter of this.#waiters) if (waiter.count <= this.asked.length) waiter.resolve();
    const { signal } = options;
    if (this.held.has(kind)) {
      await new Promise<void>((resolve) => {
        this.#releasers.push(resolve);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    if (signal?.aborted) {
      this.abortedCount++;
      throw new AppError('cancelled', 'the query was killed');
    }
    const failure = this.failures.get(kind);
    this.failures.delete(kind);
    if (failure !== undefined) throw failure;
  }
}

function fakeAttributes(attributes: NonNullable<FakeLine['attributes']>): LogLine['attributes'] {
  const names = Object.keys(attributes);
  const kindOf = (value: unknown): string => (value === null ? 'z' : typeof value === 'object' ? 'j' : (typeof value)[0]);
  return {
    names,
    values: names.map((name) => (typeof attributes[name] === 'string' ? String(attributes[name]) : JSON.stringify(attributes[name]))),
    kinds: names.map((name) => kindOf(attributes[name])).join(''),
  };
}

function keyOf(line: LogLine): LineKey {
  const parts = parseLineId(line.id);
  return { tsNs: line.tsNs, origin: parts?.origin ?? 0, seq: parts?.seq ?? 0, rowNo: parts?.rowNo ?? 0 };
}

function compareKeys(a: LineKey, b: LineKey): number {
  if (a.tsNs !== b.tsNs) return a.tsNs < b.tsNs ? -1 : 1;
  return a.origin - b.origin || a.seq - b.seq || a.rowNo - b.rowNo;
}

function attributeOf(line: LogLine, key: string): string | undefined {
  const index = line.attributes.names.indexOf(key);
  return index < 0 ? undefined : line.attributes.values[index];
}

/** Whether the line meets the condition; the tests' own plain reading of the language's meaning. */
function matches(condition: Condition, line: LogLine): boolean {
  switch (condition.kind) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'and':
      return condition.children.every((child) => matches(child, line));
    case 'or':
      return condition.children.some((child) => matches(child, line));
    case 'not':
      return !matches(condition.child, line);
    case 'tokens':
      return hasTokensInOrder(line.message, condition.tokens, condition.lastIsPrefix);
    case 'pattern': {
      const bytes = Buffer.from(condition.text === 'message' ? line.message : foldText(line.message));
      return regexMatcher(condition.pattern).test(bytes, 0, bytes.length);
    }
    case 'column':
      return passes(columnText(line, condition.column), condition.test);
    case 'entry':
      return passes(condition.map === 'attributes' ? attributeOf(line, condition.key) : line.resource[condition.key], condition.test);
    case 'any-attribute':
      return line.attributes.values.includes(condition.value);
    case 'tag':
      return line.tags.some((tag) => passes(tag, condition.test));
    case 'level':
      return line.level >= condition.from && line.level <= condition.to;
    case 'time':
      return isBetween(line.tsNs, condition);
    // the fake keeps no patterns
    case 'message-pattern':
      return false;
    case 'skewed':
      return line.skewed === condition.value;
    default:
      return condition satisfies never;
  }
}

function isBetween(tsNs: bigint, { from, to }: Condition & { kind: 'time' }): boolean {
  return (from === undefined || tsNs >= resolveEdge(from, 0)) && (to === undefined || tsNs < resolveEdge(to, 0));
}

function hasTokensInOrder(message: string, wanted: readonly string[], lastIsPrefix: boolean): boolean {
  const tokens = tokenize(foldText(message));
  return tokens.some((_, start) =>
    wanted.every((token, index) => {
      const found = tokens[start + index] ?? '';
      return lastIsPrefix && index === wanted.length - 1 ? found.startsWith(token) : found === token;
    }),
  );
}

function passes(value: string | undefined, test: ValueTest): boolean {
  return value !== undefined && textPredicate(test)(value);
}

function columnText(line: LogLine, column: string): string {
  const columns: Readonly<Record<string, string>> = {
    service: line.service,
    host: line.host,
    environment: line.environment,
    trace_id: line.traceId,
    span_id: line.spanId,
    message: line.message,
    line: line.raw === '' ? line.message : line.raw,
  };
  return columns[column] ?? '';
}

function fieldText(line: LogLine, field: string): string {
  const target = resolveField(field);
  if (target.kind === 'level') return severityName(line.level);
  if (target.kind === 'dictionary' || target.kind === 'id') return columnText(line, target.column);
  if (target.kind === 'message') return line.message;
  if (target.kind !== 'entry' && target.kind !== 'property') return '';
  const inAttributes = target.kind === 'property' || target.map === 'attributes' ? attributeOf(line, target.key) : undefined;
  return inAttributes ?? line.resource[target.key] ?? '';
}

function metricOf(metric: Metric, lines: readonly LogLine[], seconds: number): number | null {
  const weights = lines.map(({ sampleRate }) => 1 / sampleRate);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (metric.kind === 'count') return Math.round(total);
  if (metric.kind === 'rate') return total / seconds;
  if (metric.kind === 'error_rate') return lines.reduce((sum, line, index) => sum + (line.level >= 17 ? weights[index] : 0), 0) / total;
  const field = 'field' in metric ? metric.field : '';
  const texts = lines.map((line) => fieldText(line, field));
  if (metric.kind === 'distinct') return new Set(texts.filter((text) => text !== '')).size;
  const numbers = texts
    .filter((text) => text !== '' && Number.isFinite(Number(text)))
    .map(Number)
    .sort((a, b) => a - b);
  if (numbers.length === 0) return null;
  const sum = numbers.reduce((a, b) => a + b, 0);
  if (metric.kind === 'sum') return sum;
  if (metric.kind === 'avg') return sum / numbers.length;
  if (metric.kind === 'min') return numbers[0];
  if (metric.kind === 'max') return numbers[numbers.length - 1];
  const share = metric.kind === 'percentile' ? metric.percentile / 100 : 0;
  return numbers[Math.min(numbers.length - 1, Math.floor(share * numbers.length))];
}

/** How lines are rendered is the engine's affair; this tells them and the formats apart. */
function fakeRendering({ id, message, raw }: LogLine, format: LineFormat): string {
  return format.kind === 'raw' ? `${raw === '' ? message : raw}\n` : `${JSON.stringify({ id, message, format })}\n`;
}
