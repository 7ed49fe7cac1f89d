import { bytes, duration, integer, section, type Static } from '#base/config-schema.ts';

/** Settings of the store: memtable, flush, and what it does when flushing falls behind. */
export const storeConfig = section('How lines get from the durable log into the search store.', {
  batch_rows: integer(20_000, 'Waiting lines at which the indexer inserts without gathering more.', { minimum: 1 }),
  batch_bytes: bytes('16MiB', 'Bytes that the indexer inserts into the memtable at once, at most.', { minimum: 65_536 }),
  batch_delay: duration('50ms', 'Least time between two inserts of the indexer while few lines arrive; bounds how soon a line is found.'),
  flush_rows: integer(250_000, 'Lines in the memtable at which it is written to disk with its indexes.', { minimum: 1000 }),
  flush_bytes: bytes('128MiB', 'Size of the memtable at which it is written to disk, whatever its lines.'),
  part_rows: integer(
    262_144,
    'Lines that a flush sorts and indexes at once, each time into a part of its own; bounds the memory of a flush.',
    {
      minimum: 1000,
    },
  ),
  part_bytes: bytes('128MiB', 'Bytes, as columns in memory, that a flush sorts and indexes at once where lines are long.', {
    minimum: 2 ** 20,
  }),
  flush_age: duration('60s', 'Age of the oldest line in the memtable at which it is written to disk.'),
  max_memtable_bytes: bytes('384MiB', 'Bound of all memtables together; beyond it the indexer waits and the durable log grows.'),
  unindexed_flush_bytes: bytes(
    '256MiB',
    'Size of all memtables together at which a flush leaves the text indexes out, to be built later; searches of those lines scan.',
  ),
  index_catch_up_delay: duration('30s', 'Quiet time after which text indexes that flushes left out are built.'),
  rollup_memory: bytes(
    '64MiB',
    'Memory for counts of lines by minute, service, environment and level, of the tenants asked for last; 0: all are read from disk.',
  ),
  max_ledger_tenants: integer(10_000, 'Tenants whose outcomes are counted apart; those beyond are counted together as `_other`.', {
    minimum: 1,
  }),
  insert_timeout: duration('60s', 'A memtable insert that takes longer counts as failed and is replayed from the log.'),
  flush_timeout: duration('30m', 'A flush that takes longer counts as failed and is retried.'),
});

export type StoreConfig = Static<typeof storeConfig>;
