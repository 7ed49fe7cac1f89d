/**
 * Settings of MergeTree tables that hold log lines; store/ writes them into its DDL.
 *
 * Durability: ClickHouse does not fsync by default. Millrace trims its log only past rows whose part is on disk, so
 * parts are fsynced when inserted and when merged, and merged-away parts stay until the merged one is surely there.
 * In chDB the fsync-after-merge thresholds are 0 (never) unless set.
 */

export type TableSettings = Readonly<Record<string, string | number>>;

/** What the watermark relies on; never leave one out. */
export const mergeTreeDurability: TableSettings = {
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  min_rows_to_fsync_after_merge: 1,
  min_compressed_bytes_to_fsync_after_merge: 1,
  old_parts_lifetime: 480,
  // A damaged merged part is put aside when the data is opened, however large: its sources are there.
  max_suspicious_broken_parts_bytes: 100_000_000_000,
};

/** A merge reads and writes each line again (5-13 s CPU per 1 M lines): parts over about 8 M lines are left as they are. */
const largestMergedPartBytes = 1_200_000_000;

/**
 * Merges kept rare, and fitting a small background pool. The two `number_of_free_entries…` must stay below
 * `background_pool_size`, or the engine refuses the table.
 */
export const mergeTreeMerges: TableSettings = {
  max_bytes_to_merge_at_max_space_in_pool: largestMergedPartBytes,
  number_of_free_entries_in_pool_to_lower_max_size_of_merge: 0,
  number_of_free_entries_in_pool_to_execute_mutation: 0,
  number_of_free_entries_in_pool_to_execute_optimize_entire_partition: 0,
  merge_selecting_sleep_ms: 5000,
  max_merge_selecting_sleep_ms: 60_000,
  parts_to_delay_insert: 3000,
  parts_to_throw_insert: 10_000,
};
