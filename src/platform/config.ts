/** Settings of Millrace's own log (`telemetry.*`). */
import { duration, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const telemetryConfig = section("Millrace's own log: JSON lines on standard error.", {
  level: text('info', 'Least level that is written.', ['debug', 'info', 'warn', 'error']),
  max_lines_per_second: integer(100, 'Most lines in a second; the rest is counted, and the count is told.', { minimum: 1 }),
  repeat_window: duration('30s', 'A line that repeats within it is written once, and then as a count.', { minimum: 0 }),
});

export type TelemetryConfig = Static<typeof telemetryConfig>;
