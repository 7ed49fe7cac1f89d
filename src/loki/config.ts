/** Settings of section `loki`: bounds of what is read through Loki's API. */
import { integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const lokiReadingConfig = section("Bounds of reading through Loki's API, beside those of section `search`.", {
  max_entries: integer(5000, 'Most lines of one answer; the most of `limit`.', { minimum: 1, maximum: 100_000 }),
  max_series: integer(2000, 'Most series of a metric query.', { minimum: 1, maximum: 100_000 }),
  max_steps: integer(11_000, 'Most points of a series.', { minimum: 1, maximum: 100_000 }),
  max_pipeline_lines: integer(
    500_000,
    'Lines that one query may pass through parsers and other stages of a pipeline, which run line by line in memory.',
    { minimum: 100 },
  ),
  detected_lines: integer(1000, 'Lines that fields are detected from where the request names no number.', { minimum: 1, maximum: 100_000 }),
});

export type LokiReadingConfig = Static<typeof lokiReadingConfig>;

/** Full path of a setting, as errors give it in `details.setting`. */
export const settingPath = (name: keyof LokiReadingConfig): string => `loki.${name}`;
