/** Settings of section `journey`. */
import { bytes, integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const journeyConfig = section('What became of a line or a batch.', {
  max_scanned_bytes: bytes('1GiB', "Bytes of the log that are read to find a batch by its sender's id.", { minimum: 65_536 }),
  max_lines: integer(1000, 'Lines of a batch that are listed one by one.', { minimum: 1, maximum: 65_536 }),
});

export type JourneyConfig = Static<typeof journeyConfig>;
