/** Settings of section `alerts`: rules, how they are evaluated, and every bound of that. An error caused by one names it by `alertSetting`. */
import { bytes, duration, flag, integer, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { durationAttributeText, usualDurationAttributes } from '#model/duration-attributes.ts';

export const alertsConfig = section('Alert rules and how they are evaluated.', {
  enabled: flag(true, 'Whether rules are evaluated; without it they are only kept.'),
  tick: duration('500ms', 'Time between two looks at all conditions.', { minimum: 100, maximum: 60_000 }),
  catch_up_tick: duration('5s', 'The same while the evaluation is behind by more than `late_after`.', { minimum: 100, maximum: 600_000 }),
  lateness: duration('30s', 'A line that comes later than this behind its own time counts at the time when it was received.', {
    minimum: 0,
  }),
  late_after: duration(
    '30s',
    'Incidents that fire when the evaluation is behind by more are marked as late; those that are over by then wake nobody.',
    {
      minimum: 1000,
    },
  ),
  max_replay: duration('1h', 'Longest past that is read again to fill the windows of new rules, or where no checkpoint can be used.', {
    minimum: 0,
  }),
  checkpoint_interval: duration('60s', 'How often the state of all rules is written to disk.', { minimum: 1000 }),
  read_bytes: bytes('4MiB', 'How much of the log is read at a time.', { minimum: 65_536 }),
  keep_incidents: duration('90d', 'How long incidents that are over are kept.', { minimum: 60_000 }),
  niceness: integer(
    10,
    'How far the evaluating thread steps back when the cores are busy, so that ingestion and indexing go first: 0 not at all, 19 the most. On Linux.',
    { minimum: 0, maximum: 19 },
  ),
  restart_backoff: duration('1s', 'Pause before the evaluating thread is started again after it ended; it doubles up to a minute.', {
    minimum: 10,
  }),
  hang_timeout: duration('60s', 'A thread that gave no sign for so long is ended and started again.', { minimum: 1000 }),
  max_rules: integer(10_000, 'Rules of a tenant.', { minimum: 1 }),
  max_rule_bytes: integer(65_536, 'Largest rule, as JSON.', { minimum: 1024 }),
  max_window: duration(
    '24h',
    'Longest window of a condition, and longest time that it is held or goes on; the log must reach back so far.',
    {
      minimum: 1000,
    },
  ),
  max_groups_per_rule: integer(1000, 'Groups of a rule that are judged; of more, those with the most lines stay, and the rule says so.', {
    minimum: 1,
  }),
  max_buckets: integer(120, 'Parts that a window is divided into, of a second or more; a line leaves the window up to one part late.', {
    minimum: 10,
    maximum: 10_000,
  }),
  max_keys_per_group: integer(10_000, 'Keys of a sequence, patterns and the like that are kept of one group.', { minimum: 1 }),
  max_state_bytes: bytes('1GiB', 'Memory for the state of all rules; beyond it the rule that holds the most fails.', {
    minimum: 1_048_576,
  }),
  group_retention: duration('1d', 'A group that had no line for so long is forgotten, and what fires of it resolves.', { minimum: 60_000 }),
  max_known_patterns: integer(
    100_000,
    'Patterns that a condition of kind `new_pattern` knows, of all services; further ones are not told, and it says so.',
    {
      minimum: 100,
      maximum: 10_000_000,
    },
  ),
  learn_patterns: duration('1h', 'Patterns of a service are learned for so long after its first line, where the rule does not say.', {
    minimum: 0,
  }),
  learn_sources: duration(
    '25h',
    'A host or service that sent for less than this is not missed when it stops, where the rule does not say.',
    {
      minimum: 0,
    },
  ),
  minimum_silence: duration('5m', 'No host or service is called silent before, where the rule does not say.', { minimum: 1000 }),
  forget_silent_after: duration(
    '7d',
    'What is silent for so long is forgotten as taken out of service, and its incident resolves, where the rule does not say.',
    {
      minimum: 60_000,
    },
  ),
  anomaly_trees: integer(60, 'Trees of the isolation forest of a service.', { minimum: 10, maximum: 500 }),
  anomaly_sample_windows: integer(128, 'Windows of five minutes that each tree is grown from, of 256 that are kept.', {
    minimum: 32,
    maximum: 256,
  }),
  anomaly_grow_interval: duration('1d', 'How often the forest of a service is grown anew.', {
    minimum: 3_600_000,
    maximum: 604_800_000,
  }),
  season_past: duration(
    '28d',
    'How far back the stored lines of services are read when a rule with a season begins; 0: it learns as it goes.',
    {
      minimum: 0,
      maximum: 7_776_000_000,
    },
  ),
  max_season_services: integer(500, 'Services of a rule whose stored past is read, those with the most lines; others learn as they go.', {
    minimum: 1,
  }),
  duration_attribute: text(usualDurationAttributes, durationAttributeText('anomalies')),
  max_kept_samples: integer(10_000, 'Lines kept in memory to be shown in notifications, of all rules together; the oldest go first.', {
    minimum: 0,
  }),
  samples_per_tick: integer(500, 'Of those, how many are taken up between two ticks.', { minimum: 0 }),
  max_group_by: integer(5, 'Most fields to group by.', { minimum: 0, maximum: 10 }),
  backtest_default_range: duration('1d', 'Past that a rule is tried on where the request names no range.', { minimum: 1000 }),
  backtest_max_range: duration('30d', 'Longest past that a rule is tried on.', { minimum: 1000 }),
  backtest_max_lines: integer(2_000_000, 'Lines that a try on the past reads before it ends, as far as it came.', { minimum: 1000 }),
  backtest_timeout: duration('30s', 'Longest time that a try on the past takes before it ends, as far as it came.', { minimum: 100 }),
  backtest_slice_lines: integer(16_384, 'Lines that a try on the past reads at once.', { minimum: 100, maximum: 100_000 }),
  backtest_max_ticks: integer(
    20_000,
    'Times at which a rule is judged in a try on the past; longer ranges are judged less often, but at least every 20 s.',
    {
      minimum: 100,
    },
  ),
  backtest_max_points: integer(500, 'Points of a series in the answer of a try; more are joined, the worst state and its value staying.', {
    minimum: 10,
  }),
  backtest_max_series: integer(50, 'Groups whose series are in the answer of a try.', { minimum: 1 }),
  backtest_max_incidents: integer(1000, 'Incidents in the answer of a try; all are counted.', { minimum: 1 }),
});

export type AlertsConfig = Static<typeof alertsConfig>;

/** Full path of a setting, as errors give it in `details.setting`. */
export const alertSetting = (name: keyof AlertsConfig): string => `alerts.${name}`;
