/** Settings of reading lines of text (`parsing.*`). */
import { duration, flag, integer, list, section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

const rule = section('A rule: which lines are read by which parser. The first that fits a line holds.', {
  name: text('', 'Name of the rule, as counters and errors show it.'),
  tenant: text('', 'Only lines of this tenant.'),
  service: text('', 'Only lines of this service; `*` stands for any text.'),
  receiver: text('', 'Only lines that this receiver took, such as `loki` or `raw`.'),
  match: text('', 'Only lines that contain this text, or match it where it is a regular expression between slashes.'),
  parser: text('auto', 'A parser by name, `auto`, or `none` to leave lines as they are. docs/parsing.md lists them.'),
  pattern: text('', 'For `grok` and `regex`: the pattern. Named groups become fields.'),
  columns: text('', 'For `csv`: the names of the columns, with commas between them; an empty one is left out.'),
  separator: text('', 'For `csv` and `key-value`: what stands between values, or between pairs.'),
  assignment: text('', 'For `key-value`: what stands between name and value.'),
  timezone: text('', 'Zone of times that name none: an IANA name or an offset such as `+02:00`.'),
  multiline: text('', 'How lines are joined before they are parsed: a preset, or a regular expression of first lines between slashes.'),
});

const pattern = section('A pattern of your own for grok.', {
  name: text('', 'Name, in capitals.'),
  pattern: text('', 'The pattern, which may use others.'),
});

export const parsingConfig = section('Reading lines of text: formats, times, levels, fields.', {
  auto: flag(true, 'Recognise the format of lines of text where no rule says it.'),
  timezone: text('UTC', 'Zone of times that name none, unless a rule says another: an IANA name or an offset such as `+02:00`.'),
  rules: list('Rules, in their order.', rule),
  patterns: list('Patterns of your own for grok.', pattern),
  name_parser: flag(false, 'Give each parsed line the attribute `parser` with the name of its parser.'),
  misses_before_change: integer(20, 'lines in a row that a recognised format may fail on before another one takes its place', {
    minimum: 1,
    maximum: 10_000,
  }),
  max_streams: integer(10_000, 'streams (tenant, receiver, service, host) whose format is remembered', { minimum: 1, maximum: 1_000_000 }),
  max_counted_services: integer(1000, 'services that parsers count apart; the rest is counted together', { minimum: 1, maximum: 100_000 }),
  budget_us: integer(200, 'microseconds per line that a parser may take on average; over it, it is switched off for a while', {
    minimum: 1,
    maximum: 1_000_000,
  }),
  switched_off_for: duration('30s', 'how long a parser over its budget is switched off', { minimum: 1 }),
});

export type ParsingConfig = Static<typeof parsingConfig>;
