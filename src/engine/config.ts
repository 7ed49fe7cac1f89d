/** Settings of section `engine`: the embedded ClickHouse process. Zero means: decided from the size of the machine. */
import { bytes, duration, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const engineConfig = section('The embedded ClickHouse engine, a process of its own.', {
  max_memory: bytes('0', 'Most memory of the engine process for all its queries; 0 takes half of what the machine or container has.'),
  max_threads: integer(0, 'Threads of one search; 0 takes one per core.', { minimum: 0, maximum: 1024 }),
  flush_threads: integer(1, 'Threads that write a memtable to disk; one makes the fewest parts and leaves cores to searches.', {
    minimum: 1,
    maximum: 64,
  }),
  background_threads: integer(1, 'Threads that merge parts and run mutations in the background.', { minimum: 1, maximum: 64 }),
  insert_sessions: integer(2, 'Inserts that run at once.', { minimum: 1, maximum: 64 }),
  flush_sessions: integer(2, 'Flushes, schema changes and other maintenance that run at once.', { minimum: 1, maximum: 64 }),
  search_sessions: integer(8, 'Queries that run at once.', { minimum: 1, maximum: 128 }),
  urgent_sessions: integer(4, 'Queries of priority p0 that run at once, beside the others.', { minimum: 1, maximum: 64 }),
  background_sessions: integer(
    2,
    'Queries of exports and of old time ranges that run at once, each with one thread, those of exports with two.',
    {
      minimum: 1,
      maximum: 64,
    },
  ),
  niceness: integer(
    5,
    'How far the engine steps back when the cores are busy, so that searches cannot hold up the acknowledging of lines: 0 not at all, 19 the most.',
    { minimum: 0, maximum: 19 },
  ),
  max_queued: integer(256, 'Queries of one class that wait for a session; the next one is refused.', { minimum: 0 }),
  queue_timeout: duration('30s', 'Longest wait of a query for a session.', { minimum: 1 }),
  mark_cache: bytes('64MiB', 'Most memory for the marks of columns and indexes.', { minimum: 2 ** 20 }),
  text_index_cache: bytes('64MiB', 'Most memory for dictionaries and postings of text indexes.', { minimum: 0 }),
  max_buffered_result: bytes('64MiB', 'Largest answer of a query that is not streamed.', { minimum: 2 ** 20 }),
  insert_buffer: bytes(
    '256KiB',
    'Insert bodies up to this size may be handed over in memory; larger ones go by a file in the data directory.',
    { minimum: 1 },
  ),
  max_insert_body: bytes('1GiB', 'Largest body of one insert, decompressed.', { minimum: 1 }),
  start_timeout: duration('60s', 'How long the engine may take to open its data before it counts as failed.', { minimum: 100 }),
  lock_wait: duration('10s', 'How long a start waits for another process to give up the same data directory.', { minimum: 0 }),
  stop_timeout: duration('15s', 'How long running queries may take to end at a stop before the process is killed.', { minimum: 0 }),
  orphan_grace: duration('3s', 'How long the engine process lives on when the process that started it has died.', { minimum: 0 }),
  min_restart_delay: duration('200ms', 'Pause before the engine is started again after it died; doubles with each failure in a row.', {
    minimum: 1,
  }),
  max_restart_delay: duration('30s', 'Longest pause before the engine is started again.', { minimum: 1 }),
  runtime_directory: text(
    '',
    "Where the engine's socket lies; empty takes the data directory, or a short one under the system's temporary directory where its path is too long for a socket.",
  ),
});

export type EngineConfig = Static<typeof engineConfig>;

/** Full path of a setting, as errors name it. */
export const engineSettingPath = (name: keyof EngineConfig): string => `engine.${name}`;
