/**
 * Turns the settings and the size of the machine into what the engine is started with: its arguments, and for each
 * class of session the query settings that hold unless a request says otherwise.
 *
 * Called by the supervisor; the result travels to the child as JSON.
 */
import { availableParallelism, totalmem } from 'node:os';
import type { EngineConfig } from './config.ts';

/** Who asks: each class has its own sessions, so that none can starve the others. */
export const sessionClasses = ['insert', 'flush', 'search', 'urgent', 'background'] as const;
export type SessionClass = (typeof sessionClasses)[number];

export type QuerySettings = Readonly<Record<string, string>>;

export interface Machine {
  readonly cores: number;
  /** Of the machine, or of the container where that is less. */
  readonly memoryBytes: number;
}

/** Everything the child needs to know; plain JSON. */
export interface EngineOptions {
  readonly dataPath: string;
  readonly socketPath: string;
  /** Where insert bodies over `insertBufferBytes` are laid down; emptied at every start. */
  readonly spoolPath: string;
  readonly arguments: readonly string[];
  readonly sessions: Readonly<Record<SessionClass, number>>;
  readonly sessionSettings: Readonly<Record<SessionClass, QuerySettings>>;
  readonly maxQueued: number;
  readonly queueTimeoutMs: number;
  readonly maxBufferedResultBytes: number;
  readonly insertBufferBytes: number;
  readonly maxInsertBodyBytes: number;
  readonly orphanGraceMs: number;
  /** What it yields to the rest of the product when the cores are busy: 0 nothing, 19 nearly everything. */
  readonly niceness: number;
}

/** The machine this process runs on; sees the limit of a container. */
export function thisMachine(): Machine {
  const constrained = process.constrainedMemory();
  const memoryBytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return { cores: availableParallelism(), memoryBytes };
}

function sessionCounts(config: EngineConfig): Record<SessionClass, number> {
  return {
    insert: config.insert_sessions,
    flush: config.flush_sessions,
    search: config.search_sessions,
    urgent: config.urgent_sessions,
    background: config.background_sessions,
  };
}

/** Threads of libuv's pool: every session can be inside the engine at once, and files, zlib and DNS need some too. */
export function threadPoolSize(config: EngineConfig): number {
  return Object.values(sessionCounts(config)).reduce((sum, count) => sum + count, 0) + 1 + 4;
}

const leastMemoryBytes = 512 * 2 ** 20;

/** Bytes that the engine may take for all its queries. */
export function memoryLimitBytes(config: EngineConfig, machine: Machine): number {
  if (config.max_memory > 0) return Math.max(config.max_memory, leastMemoryBytes);
  return Math.max(Math.floor(machine.memoryBytes / 2), leastMemoryBytes);
}

/**
 * Arguments in the form of `clickhouse local`. Names are server settings of ClickHouse 26.7; chDB reads them when the
 * first session opens. Logging goes to stderr, from which the supervisor takes it; errors of queries are left out
 * because their sender gets them.
 */
function engineArguments(config: EngineConfig, machine: Machine): string[] {
  const settings: Record<string, string | number> = {
    max_server_memory_usage: memoryLimitBytes(config, machine),
    max_server_memory_usage_to_ram_ratio: 0.9,
    background_pool_size: config.background_threads,
    background_merges_mutations_concurrency_ratio: 1,
    background_move_pool_size: 1,
    background_fetches_pool_size: 1,
    background_common_pool_size: 2,
    background_schedule_pool_size: 4,
    background_buffer_flush_schedule_pool_size: 1,
    background_message_broker_schedule_pool_size: 1,
    background_distributed_schedule_pool_size: 1,
    tables_loader_foreground_pool_size: machine.cores,
    tables_loader_background_pool_size: machine.cores,
    max_thread_pool_free_size: 8,
    max_io_thread_pool_free_size: 0,
    mark_cache_size: config.mark_cache,
    index_mark_cache_size: Math.ceil(config.mark_cache / 4),
    primary_index_cache_size: Math.ceil(config.mark_cache / 4),
    uncompressed_cache_size: 0,
    index_uncompressed_cache_size: 0,
    mmap_cache_size: 0,
    vector_similarity_index_cache_size: 0,
    text_index_tokens_cache_size: Math.ceil(config.text_index_cache / 4),
    text_index_header_cache_size: Math.ceil(config.text_index_cache / 4),
    text_index_postings_cache_size: Math.ceil(config.text_index_cache / 2),
    query_condition_cache_size: 16 * 2 ** 20,
    compiled_expression_cache_size: 8 * 2 ** 20,
    'logger.console': 1,
    'log-level': 'warning',
    'logger.levels.executeQuery': 'none',
  };
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

/**
 * Never squash or split what an insert brings: a block stays a block, a memtable becomes one part per partition. Of rows the
 * engine takes no more than these, and warns with every insert where it is asked for more.
 */
const unboundedRows = String(2 ** 32);
const unboundedBytes = String(1e12);

function sessionSettings(config: EngineConfig, machine: Machine): Record<SessionClass, QuerySettings> {
  const searchThreads = String(config.max_threads > 0 ? config.max_threads : machine.cores);
  const everywhere = { log_queries: '0', query_profiler_real_time_period_ns: '0', query_profiler_cpu_time_period_ns: '0' };
  return {
    insert: {
      ...everywhere,
      max_threads: '1',
      max_insert_threads: '1',
      input_format_parallel_parsing: '0',
      min_insert_block_size_rows: '0',
      min_insert_block_size_bytes: '0',
    },
    flush: {
      ...everywhere,
      max_threads: String(config.flush_threads),
      max_insert_threads: '1',
      min_insert_block_size_rows: unboundedRows,
      min_insert_block_size_bytes: unboundedBytes,
      max_insert_block_size: unboundedRows,
      max_partitions_per_insert_block: '0',
      optimize_on_insert: '0',
    },
    search: { ...everywhere, max_threads: searchThreads },
    urgent: { ...everywhere, max_threads: searchThreads },
    background: { ...everywhere, max_threads: '1' },
  };
}

export interface EnginePaths {
  readonly dataPath: string;
  readonly socketPath: string;
  readonly spoolPath: string;
}

/** What the child is started with. */
export function engineOptions(config: EngineConfig, machine: Machine, paths: EnginePaths): EngineOptions {
  return {
    ...paths,
    arguments: engineArguments(config, machine),
    sessions: sessionCounts(config),
    sessionSettings: sessionSettings(config, machine),
    maxQueued: config.max_queued,
    queueTimeoutMs: config.queue_timeout,
    maxBufferedResultBytes: config.max_buffered_result,
    insertBufferBytes: config.insert_buffer,
    maxInsertBodyBytes: config.max_insert_body,
    orphanGraceMs: config.orphan_grace,
    niceness: config.niceness,
  };
}
