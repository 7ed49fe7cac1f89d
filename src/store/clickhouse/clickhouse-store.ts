/** The store over ClickHouse: opens and migrates it, and joins its reading and writing side. */
import { AppError } from '#base/errors.ts';
import type { ClickHouseHttp } from '#engine/clickhouse-http.ts';
import { parseLineId } from '#base/ids.ts';
import type { LogLine } from '#model/log-line.ts';
import type { Clock } from '#platform/clock.ts';
import type { Files } from '#platform/files.ts';
import type { Logger } from '#platform/logger.ts';
import type { StoreConfig } from '../config.ts';
import type {
  AggregateAnswer,
  AggregateQuery,
  CountAnswer,
  CountedLines,
  LinePlace,
  LineQuery,
  LinesAnswer,
  LinesStep,
  LogStore,
  ReadOptions,
  TimeRange,
} from '../log-store.ts';
import type {
  ComparisonAnswer,
  ComparisonQuery,
  CompletionAnswer,
  CompletionQuery,
  FieldStatisticsAnswer,
  FieldStatisticsQuery,
} from '../field-reads.ts';
import type {
  PatternCount,
  PatternCountsAnswer,
  PatternCountsQuery,
  PatternDetailsAnswer,
  PatternExample,
  PatternId,
  PatternQuery,
  PatternReads,
} from '../pattern-reads.ts';
import type { BlockReads, LineBlocks } from '../block-reads.ts';
import type { BulkEnd, BulkQuery, LineFormat, ParquetFile, RenderedLines } from '../bulk-reads.ts';
import type { PipeAnswer, PipeQuery, PipeStatement } from '../pipe-reads.ts';
import type { PlacementQuery, PlacementReads } from '../placement-reads.ts';
import type { ReadPlan } from '../read-plan.ts';
import type { SeasonCounts, SeasonQuery, SeasonReads } from '../season-reads.ts';
import type { SourceQuery, SourceReads, SourcesAnswer } from '../source-reads.ts';
import type { ColumnSizes, StorageReads, TextSizesAnswer } from '../storage-reads.ts';
import type { EntryNamesAnswer, StreamCountQuery, StreamCountsAnswer, StreamReads, ScannedLines } from '../stream-reads.ts';
import type { ServiceSpansAnswer } from '../trace-reads.ts';
import type { EstimateQuery, LineEstimate } from '../line-estimate.ts';
import { aggregate } from './aggregate.ts';
import { bulkLines } from './bulk-lines.ts';
import { compareFields } from './compare-fields.ts';
import { completions } from './completions.ts';
import { countLines } from './count-lines.ts';
import { findCounted } from './counted-lines.ts';
import { Database, RowBudgetExceeded } from './database.ts';
import type { BlockInserter } from './database.ts';
import { fieldStatistics } from './field-statistics.ts';
import { estimateLines } from './estimate-lines.ts';
import { findLines } from './find-lines.ts';
import { lineBlocks } from './line-blocks.ts';
import { lineById, placeOfLine, rangeOfId } from './line-by-id.ts';
import type { ReadParts } from './find-lines.ts';
import type { Memtables } from './memtables.ts';
import { migrate } from './migrations.ts';
import { parquetLines, writeParquet } from './parquet.ts';
import { patternCounts, patternDetails, patternExamples } from './patterns.ts';
import { scanLines } from './scan-lines.ts';
import { countStreams, entryNames } from './stream-counts.ts';
import type { PartVerifier } from './part-verifier.ts';
import { pipeStatement, runPipes } from './pipes.ts';
import { placements } from './placements.ts';
import { planRead } from './plan-read.ts';
import { makeReadParts } from './read-parts.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { Replacer } from './replacer.ts';
import { logsTable } from './schema.ts';
import { seasonCounts } from './season-counts.ts';
import { serviceSpans } from './service-spans.ts';
import type { Scope, Snapshot, Snapshots } from './snapshots.ts';
import { sourceActivity } from './source-activity.ts';
import { columnSizes, textSizes } from './storage-sizes.ts';
import { countAll, extentOf } from './tenant-extent.ts';
import { TextIndexBacklog } from './text-index-backlog.ts';
import { streamLines } from './stream-lines.ts';
import { openWritingSide } from './writing-side.ts';
import type { WritingSide } from './writing-side.ts';

export interface ClickHouseStoreOptions {
  readonly client: ClickHouseHttp;
  readonly blocks: BlockInserter;
  /** Where the commit record lies. */
  readonly directory: string;
  /** Incarnation of the durable log; positions of another one do not count. */
  readonly incarnation: number;
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: StoreConfig;
}

export interface StorageSize {
  readonly lines: number;
  readonly diskBytes: number;
  readonly parts: number;
  readonly merges: number;
}

const storageIntervalMs = 3000;

export class ClickHouseStore implements LogStore, BlockReads, PatternReads, SeasonReads, SourceReads, StorageReads, StreamReads {
  readonly sink: Memtables;
  /** Puts re-processed lines in the place of their older version. */
  readonly replacer: Replacer;
  readonly #database: Database;
  readonly #snapshots: Snapshots;
  readonly #reads: ReadParts;
  readonly #changes: RecentChanges;
  readonly #backlog: TextIndexBacklog;
  readonly #parts: PartVerifier;
  readonly #clock: Clock;
  #storage: StorageSize | undefined;
  #storageMeasuredMs = Number.NEGATIVE_INFINITY;

  private constructor(
    reads: ReadParts,
    { snapshots, memtables, replacer, parts, changes }: WritingSide,
    backlog: TextIndexBacklog,
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#reads = reads;
    this.#database = reads.database;
    this.#snapshots = snapshots;
    this.#changes = changes;
    this.sink = memtables;
    this.#backlog = backlog;
    this.#parts = parts;
    this.replacer = replacer;
  }

  /** Needs no running engine: that is asked for first by `prepare`. */
  static async open(options: ClickHouseStoreOptions): Promise<ClickHouseStore> {
    const { clock, logger, config } = options;
    const database = new Database(options.client, options.blocks);
    const side = await openWritingSide({ ...options, database });
    const { memtables, record } = side;
    const backlog = new TextIndexBacklog({ database, memtables, record, clock, logger, quietMs: config.index_catch_up_delay });
    return new ClickHouseStore(makeReadParts(database, side.changes, logger, config), side, backlog, clock);
  }

  /** Brings the tables to this version. Call whenever the engine has started. */
  async prepare(): Promise<void> {
    await migrate(this.#database);
    await this.#parts.begin();
  }

  /** To be called when the engine has ended, before another one is started. */
  engineLost(): void {
    this.#parts.end();
    this.sink.lose();
  }

  /** Calls back with a damaged part that holds committed lines: an engine that opens its data anew goes back to what it was made of. */
  onDamagedPart(listener: (part: string) => void): void {
    this.#parts.onDamaged(listener);
  }

  /** Says in every answer why lines may be missing; undefined when none are. */
  setIncomplete(reason: string | undefined): void {
    this.#snapshots.setIncomplete(reason);
  }

  /** Upkeep, once a second. */
  async tick(): Promise<void> {
    this.sink.tick();
    await this.replacer.tick();
    await this.#backlog.tick();
    await this.#parts.tick();
    await this.#measureStorage();
  }

  /** Lines, those in memory included, and bytes on disk, a few seconds old; undefined until first measured. */
  storage(): StorageSize | undefined {
    if (this.#storage === undefined) return undefined;
    return { ...this.#storage, lines: this.#storage.lines + this.sink.status().memtable_rows };
  }

  status(): Record<string, unknown> {
    return {
      ...this.sink.status(),
      ...this.#storageStatus(),
      building_text_indexes: this.#backlog.building,
      damaged_parts: this.#parts.damagedParts,
    };
  }

  findLines(query: LineQuery, options: ReadOptions): Promise<LinesAnswer> {
    return this.#withSnapshot((snapshot) => findLines(this.#reads, snapshot, query, options), query);
  }

  findCounted(query: LineQuery, options: ReadOptions, countOptions: ReadOptions): CountedLines {
    return findCounted(this.#reads, this.#snapshots.acquire(query), query, options, countOptions);
  }

  changeVersion(): number {
    return this.#changes.changeVersion();
  }

  changedSince(tenant: string, version: number, range: TimeRange): bigint | undefined {
    return this.#changes.changedSince(tenant, version, range);
  }

  async *streamLines(query: Omit<LineQuery, 'offset'>, options: ReadOptions): AsyncGenerator<LinesStep> {
    const snapshot = this.#snapshots.acquire(query);
    try {
      yield* streamLines(this.#reads, snapshot, query, options);
    } finally {
      snapshot.release();
    }
  }

  estimateLines(query: EstimateQuery, options: ReadOptions): Promise<LineEstimate> {
    return this.#withSnapshot((snapshot) => estimateLines(this.#reads, snapshot, query, options), query);
  }

  planRead(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<ReadPlan> {
    return this.#withSnapshot((snapshot) => planRead(this.#reads, snapshot, query, options), query);
  }

  runPipes(query: PipeQuery, options: ReadOptions): Promise<PipeAnswer> {
    return this.#withSnapshot((snapshot) => runPipes(this.#reads, snapshot, query, options), query);
  }

  pipeStatement(query: PipeQuery, options: ReadOptions): Promise<PipeStatement> {
    return this.#withSnapshot((snapshot) => pipeStatement(this.#reads, snapshot, query, options), query);
  }

  countLines(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<CountAnswer> {
    return this.#withSnapshot((snapshot) => countLines(this.#reads, snapshot, query, options), query);
  }

  aggregate(query: AggregateQuery, options: ReadOptions): Promise<AggregateAnswer> {
    return this.#withSnapshot((snapshot) => aggregate(this.#reads, snapshot, query, options), query);
  }

  serviceSpans(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<ServiceSpansAnswer> {
    return this.#withSnapshot((snapshot) => serviceSpans(this.#reads, snapshot, query, options), query);
  }

  sourceActivity(query: SourceQuery, options: ReadOptions): Promise<SourcesAnswer> {
    return this.#withSnapshot((snapshot) => sourceActivity(this.#reads, snapshot, query, options));
  }

  seasonCounts(query: SeasonQuery, options: ReadOptions): Promise<readonly SeasonCounts[] | undefined> {
    return this.#withSnapshot((snapshot) => seasonCounts(this.#reads, snapshot, query, options), query);
  }

  columnSizes(): Promise<ColumnSizes> {
    return columnSizes(this.#database);
  }

  textSizes(query: Parameters<StorageReads['textSizes']>[0], options: ReadOptions): Promise<TextSizesAnswer> {
    return this.#withSnapshot((snapshot) => textSizes(this.#reads, snapshot, query, options), query);
  }

  fieldStatistics(query: FieldStatisticsQuery, options: ReadOptions): Promise<FieldStatisticsAnswer> {
    return this.#withSnapshot((snapshot) => fieldStatistics(this.#reads, snapshot, query, options), query);
  }

  completions(query: CompletionQuery, options: ReadOptions): Promise<CompletionAnswer> {
    return this.#withSnapshot((snapshot) => completions(this.#reads, snapshot, query, options), query);
  }

  compareFields(query: ComparisonQuery, options: ReadOptions): Promise<ComparisonAnswer> {
    return this.#withSnapshot((snapshot) => compareFields(this.#reads, snapshot, query, options));
  }

  patternCounts(query: PatternCountsQuery, options: ReadOptions): Promise<PatternCountsAnswer> {
    return this.#withSnapshot((snapshot) => patternCounts(this.#reads, snapshot, query, options));
  }

  patternDetails(
    query: PatternQuery & { readonly ids: readonly PatternId[]; readonly intervalMs: number },
    options: ReadOptions,
  ): Promise<PatternDetailsAnswer> {
    return this.#withSnapshot((snapshot) => patternDetails(this.#reads, snapshot, query, options));
  }

  countStreams(query: StreamCountQuery, options: ReadOptions): Promise<StreamCountsAnswer> {
    return this.#withSnapshot((snapshot) => countStreams(this.#reads, snapshot, query, options));
  }

  entryNames(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<EntryNamesAnswer> {
    return this.#withSnapshot((snapshot) => entryNames(this.#reads, snapshot, query, options));
  }

  async *scanLines(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): AsyncGenerator<ScannedLines> {
    const snapshot = this.#snapshots.acquire();
    try {
      yield* scanLines(this.#reads, snapshot, query, options);
    } finally {
      snapshot.release();
    }
  }

  patternExamples(query: PatternQuery & { readonly counts: readonly PatternCount[] }, options: ReadOptions): Promise<PatternExample[]> {
    return this.#withSnapshot((snapshot) => patternExamples(this.#reads, snapshot, query, options));
  }

  async *bulkLines(query: BulkQuery, format: LineFormat, options: ReadOptions): AsyncGenerator<RenderedLines, BulkEnd> {
    const snapshot = this.#snapshots.acquire();
    try {
      return yield* bulkLines(this.#reads, snapshot, query, format, options);
    } finally {
      snapshot.release();
    }
  }

  lineBlocks(query: Parameters<BlockReads['lineBlocks']>[0], options: ReadOptions): Promise<LineBlocks> {
    return this.#withSnapshot((snapshot) => lineBlocks(this.#reads, snapshot, query, options));
  }

  parquetLines(query: BulkQuery, options: ReadOptions): Promise<ParquetFile> {
    return this.#withSnapshot((snapshot) => parquetLines(this.#reads, snapshot, query, options));
  }

  writeParquet(rowsPath: string, targetPath: string, options: ReadOptions): Promise<void> {
    return writeParquet(this.#database, rowsPath, targetPath, options);
  }

  placements(query: PlacementQuery, options: ReadOptions): ReturnType<PlacementReads['placements']> {
    return this.#withSnapshot((snapshot) => placements(this.#database, snapshot, query, options));
  }

  lineById(tenant: string, id: string, options: ReadOptions): Promise<LogLine | undefined> {
    const parts = parseLineId(id);
    if (parts === undefined) return Promise.resolve(undefined);
    const scope = { tenant, range: rangeOfId(parts) };
    return this.#withSnapshot((snapshot) => lineById(this.#reads, snapshot, tenant, parts, options), scope);
  }

  placeOfLine(tenant: string, id: string, options: ReadOptions): Promise<LinePlace | undefined> {
    const parts = parseLineId(id);
    if (parts === undefined) return Promise.resolve(undefined);
    const scope = { tenant, range: rangeOfId(parts) };
    return this.#withSnapshot((snapshot) => placeOfLine(this.#reads, snapshot, tenant, parts, options), scope);
  }

  /** All lines of the tenant, of any time. */
  countAll(tenant: string, options: ReadOptions): Promise<number> {
    return this.#withSnapshot((snapshot) => countAll(this.#database, snapshot, tenant, options));
  }

  /** First and last event time of a tenant's lines, to the minute; undefined where it has none. */
  extentOf(tenant: string, options: ReadOptions): Promise<TimeRange | undefined> {
    return this.#withSnapshot((snapshot) => extentOf(this.#database, snapshot, tenant, options));
  }

  #storageStatus(): Record<string, number> {
    if (this.#storage === undefined) return {};
    const { lines, diskBytes, parts, merges } = this.#storage;
    return { stored_rows: lines, disk_bytes: diskBytes, parts, merges };
  }

  async #measureStorage(): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#storageMeasuredMs < storageIntervalMs) return;
    this.#storageMeasuredMs = nowMs;
    const [[lines, diskBytes, parts, merges]] = await this.#database.selectInternal(
      `SELECT sum(rows), sum(bytes_on_disk), count(), (SELECT count() FROM system.merges) FROM system.parts
       WHERE active AND database = currentDatabase() AND table = {table:String}`,
      { table: logsTable },
    );
    this.#storage = { lines: Number(lines), diskBytes: Number(diskBytes), parts: Number(parts), merges: Number(merges) };
  }

  async #withSnapshot<T>(read: (snapshot: Snapshot) => Promise<T>, scope?: Scope): Promise<T> {
    const snapshot = this.#snapshots.acquire(scope);
    try {
      return await read(snapshot);
    } catch (error) {
      if (!(error instanceof RowBudgetExceeded)) throw error;
      throw new AppError('query_too_expensive', 'the query reads more lines than "search.max_scanned_rows" allows; narrow it', {
        details: { setting: 'search.max_scanned_rows' },
      });
    } finally {
      snapshot.release();
    }
  }
}
