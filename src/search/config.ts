/** Settings of section `search`: every bound of a query. An error caused by one names it by `settingPath`. */
import { bytes, duration, integer, list, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { traceLinkTemplate } from './trace-links.ts';

export const searchConfig = section('Bounds of searches and aggregations.', {
  default_limit: integer(100, 'Lines of a page when the request names no limit.', { minimum: 1, maximum: 100_000 }),
  max_limit: integer(10_000, 'Most lines of one page; more come with a cursor.', { minimum: 1, maximum: 100_000 }),
  max_offset: integer(10_000, 'Furthest offset of paging by number; a cursor has no such bound.', { minimum: 0, maximum: 100_000 }),
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
  max_concurrent: integer(40, 'Searches and aggregations that run at once, over all tenants.', { minimum: 1 }),
  max_concurrent_per_tenant: integer(20, 'Searches and aggregations of one tenant that run at once.', { minimum: 1 }),
  max_queued: integer(200, 'Searches that wait for their turn, over all tenants.', { minimum: 0 }),
  max_queued_per_tenant: integer(60, 'Searches of one tenant that wait for their turn.', { minimum: 0 }),
  queue_timeout: duration('5s', 'Longest wait for a turn.', { minimum: 1 }),
  max_buckets: integer(50_000, 'Most buckets of one aggregation: time steps times groups.', { minimum: 1 }),
  max_group_by: integer(5, 'Most fields to group by.', { minimum: 0, maximum: 16 }),
  min_interval: duration('1s', 'Shortest time step of an aggregation.', { minimum: 1 }),
  context_lines: integer(50, 'Lines before and after a line where the request names no number.', { minimum: 0, maximum: 10_000 }),
  trace_lines: integer(1000, 'Lines of a page of a trace where the request names no limit.', { minimum: 1, maximum: 100_000 }),
  trace_links: list('Tools that show traces: a trace is answered with its address in each.', traceLinkTemplate),
});

export type SearchConfig = Static<typeof searchConfig>;

/** Full path of a setting, as errors give it in `details.setting`. */
export const settingPath = (name: keyof SearchConfig): string => `search.${name}`;
