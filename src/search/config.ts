/** Settings of section `search`: every bound of a query. An error caused by one names it by `settingPath`. */
import { bytes, duration, integer, list, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { traceLinkTemplate } from './trace-links.ts';

export const searchConfig = section('Bounds of searches and aggregations.', {
  default_limit: integer(100, 'Lines of a page when the request names no limit.', { minimum: 1, maximum: 100_000 }),
  max_limit: integer(10_000, 'Most lines of one page; more come with a cursor.', { minimum: 1, maximum: 100_000 }),
  max_offset: integer(10_000, 'Furthest offset of paging by number; a cursor has no such bound.', { minimum: 0, maximum: 100_000 }),
  max_saved_views: integer(10_000, 'Saved queries, dashboards or links of a tenant, each.', { minimum: 1 }),
  max_saved_view_bytes: bytes('256KiB', 'Largest saved query, dashboard or link.', { minimum: 1024 }),
  default_range: duration('1h', 'Time range of a request that names none.', { minimum: 1000 }),
  max_range: duration('30d', 'Widest time range, measured over the part of it in which lines exist.', { minimum: 1000 }),
  max_wide_range: duration('90d', 'Widest time range of a request that says `allow_wide_range`.', { minimum: 1000 }),
  future_allowance: duration('60s', "How far past now a search looks when its range has no end: senders' clocks may be ahead.", {
    maximum: 86_400_000,
  }),
  timeout: duration('30s', 'Longest run of one query.', { minimum: 10 }),
  count_timeout: duration('5s', 'Longest run of the total count; afterwards the total is given as a lower bound.', { minimum: 10 }),
  max_memory: bytes('4GiB', 'Most memory of one query; the engine has a bound of its own for all of them.', { minimum: 2 ** 20 }),
  max_scanned_rows: integer(10_000_000, 'Lines that one page may scan before it answers with what it found.', { minimum: 1000 }),
  max_concurrent: integer(40, 'Searches and aggregations that run at once, over all tenants; those below have turns of their own.', {
    minimum: 1,
  }),
  max_concurrent_urgent: integer(20, 'Searches and aggregations of priority p0 that run at once.', { minimum: 1 }),
  max_concurrent_expensive: integer(4, 'Searches and aggregations over `expensive_rows` that run at once.', { minimum: 1 }),
  max_concurrent_old: integer(5, 'Searches and aggregations of ranges that end before `recent_span` that run at once.', { minimum: 1 }),
  max_concurrent_exports: integer(2, 'Exports and other questions of priority p2 that run at once.', { minimum: 1 }),
  max_concurrent_per_key: integer(10, 'Searches and aggregations of one API key that run at once.', { minimum: 1 }),
  expensive_rows: integer(5_000_000, 'Lines that a query may be estimated to read before it counts as expensive.', { minimum: 1 }),
  max_estimated_rows: integer(1_000_000_000, 'Most lines that an aggregation may be estimated to read; priority p0 may read more.', {
    minimum: 1,
  }),
  recent_span: duration('24h', 'Ranges that end before this span count as old.', { minimum: 1000 }),
  max_searches_per_minute: integer(500, 'Searches of a tenant, and of an API key, in a minute; 0: any number. Only where there are keys.', {
    minimum: 0,
  }),
  max_aggregations_per_minute: integer(
    100,
    'Aggregations of a tenant, and of an API key, in a minute; 0: any number. Only where there are keys.',
    {
      minimum: 0,
    },
  ),
  breaker_window: duration('10s', 'Time over which failures of the engine are counted.', { minimum: 100 }),
  breaker_failures: integer(10, 'Failures in that time, and half of all questions, at which no more are asked for a moment.', {
    minimum: 1,
  }),
  breaker_pause: duration('2s', 'How long that moment is, before one question tries again.', { minimum: 10 }),
  quarantine_strikes: integer(3, 'Times that a query may run into its bound of time or memory before it is kept out.', { minimum: 1 }),
  quarantine_window: duration('10m', 'Time in which those are counted.', { minimum: 1000 }),
  quarantine_time: duration('10m', 'How long such a query is kept out.', { minimum: 1000 }),
  max_concurrent_per_tenant: integer(20, 'Searches and aggregations of one tenant that run at once.', { minimum: 1 }),
  max_queued: integer(200, 'Searches that wait for their turn, over all tenants.', { minimum: 0 }),
  max_queued_per_tenant: integer(60, 'Searches of one tenant that wait for their turn.', { minimum: 0 }),
  queue_timeout: duration('5s', 'Longest wait for a turn.', { minimum: 1 }),
  cache_bytes: bytes('64MiB', 'Memory for answers that are kept until lines of their range change; 0: none are kept.'),
  max_buckets: integer(50_000, 'Most buckets of one aggregation: time steps times groups.', { minimum: 1 }),
  max_table_rows: integer(10_000, 'Rows of the table of a query with pipes; the answer says where there are more.', {
    minimum: 1,
    maximum: 100_000,
  }),
  max_group_by: integer(5, 'Most fields to group by.', { minimum: 0, maximum: 16 }),
  min_interval: duration('1s', 'Shortest time step of an aggregation.', { minimum: 1 }),
  context_lines: integer(50, 'Lines before and after a line where the request names no number.', { minimum: 0, maximum: 10_000 }),
  trace_lines: integer(1000, 'Lines of a page of a trace where the request names no limit.', { minimum: 1, maximum: 100_000 }),
  field_sample_lines: integer(
    100_000,
    'Lines whose fields are counted one by one; over more lines that match, statistics are estimated from a sample of about so many.',
    { minimum: 1000, maximum: 100_000_000 },
  ),
  field_limit: integer(100, 'Fields of an answer where the request names no number.', { minimum: 1, maximum: 10_000 }),
  max_fields: integer(1000, 'Most fields of one answer.', { minimum: 1, maximum: 10_000 }),
  field_value_limit: integer(10, 'Values of a field where the request names no number.', { minimum: 1, maximum: 1000 }),
  max_field_values: integer(100, 'Most values of a field in one answer.', { minimum: 1, maximum: 1000 }),
  export_window_lines: integer(131_072, 'Lines that one statement of an export reads, at most.', { minimum: 1 }),
  export_read_ahead: bytes('4MiB', 'Bytes of an export that are read before its client takes them.', { minimum: 65_536 }),
  export_turn: duration('5s', 'How long an export that its client takes slowly keeps its turn before others have theirs.', { minimum: 10 }),
  trace_links: list('Tools that show traces: a trace is answered with its address in each.', traceLinkTemplate),
});

export type SearchConfig = Static<typeof searchConfig>;

/** Full path of a setting, as errors give it in `details.setting`. */
export const settingPath = (name: keyof SearchConfig): string => `search.${name}`;
