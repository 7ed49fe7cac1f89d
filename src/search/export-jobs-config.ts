/** Settings of section `exports`: files that are made in the background. */
import { bytes, duration, integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const exportsConfig = section('Exports that are made in the background and fetched as files.', {
  max_running: integer(1, 'Exports that are written at once; others wait.', { minimum: 1, maximum: 16 }),
  max_jobs: integer(20, 'Exports of a tenant that are kept, whatever their state.', { minimum: 1, maximum: 10_000 }),
  max_file_bytes: bytes('20GiB', 'Largest file of an export; a larger one ends as failed.', { minimum: 1024 }),
  max_total_bytes: bytes('50GiB', 'Bytes of all files of exports; beyond, exports end as failed and new ones are refused.', {
    minimum: 1024,
  }),
  min_free_bytes: bytes('5GiB', 'Free bytes of the disk under which no export is written: the log needs them more.'),
  max_age: duration('7d', 'How long an export is kept after its end.', { minimum: 1000 }),
  max_bytes_per_second: bytes('64MiB', 'How fast an export is written; 0: as fast as lines come.'),
  conversion_timeout: duration('1h', 'Longest making of a Parquet file out of the lines that were read.', { minimum: 1000 }),
});

export type ExportsConfig = Static<typeof exportsConfig>;

/** Full path of a setting, as errors give it in `details.setting`. */
export const exportsSetting = (name: keyof ExportsConfig): string => `exports.${name}`;
