/**
 * The metric of an aggregation: `count`, `rate`, `error_rate`, `distinct(f)`, `sum(f)`, `avg(f)`, `min(f)`, `max(f)`,
 * `p50(f)` … `p99.9(f)`. A field is written plainly or, where it holds brackets or blanks at its ends, in double quotes.
 */
import { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { quoted } from '#base/quoted.ts';
import type { Metric } from '#store/log-store.ts';

const plainMetrics = ['count', 'rate', 'error_rate'] as const;
const fieldMetrics = ['distinct', 'sum', 'avg', 'min', 'max'] as const;

/** The parsed metric; AppError `bad_request` says what is wrong with it. */
export function parseMetric(text: string): Metric {
  const match = /^\s*([A-Za-z_]\w*(?:\.\d+)?)\s*(?:\((.*)\))?\s*$/s.exec(text);
  if (match === null) throw unreadable(text, 'expected a name, or a name and a field such as sum(latency_ms)');
  const name = match[1].toLowerCase();
  const field = match[2] === undefined ? undefined : unquote(match[2].trim());
  if (isOneOf(plainMetrics, name)) {
    if (field !== undefined && field !== '') throw unreadable(text, `${name} takes no field`);
    return { kind: name };
  }
  if (isOneOf(fieldMetrics, name)) return { kind: name, field: requireField(text, name, field) };
  const percentile = readPercentile(text, name);
  return { kind: 'percentile', percentile, field: requireField(text, name, field) };
}

/** `p99` → 99; also `p99.9`; others throw. */
function readPercentile(text: string, name: string): number {
  const match = /^p(\d{1,2}(?:\.\d{1,3})?)$/.exec(name);
  if (match === null) {
    const nearest = nearestName(name, [...plainMetrics, ...fieldMetrics]);
    const known = 'count, rate, error_rate, distinct(f), sum(f), avg(f), min(f), max(f), p50(f) to p99.9(f)';
    throw unreadable(
      text,
      `there is no metric "${name.slice(0, 40)}"${nearest === undefined ? '' : `, did you mean "${nearest}"`}; known: ${known}`,
    );
  }
  const percentile = Number(match[1]);
  if (percentile <= 0 || percentile >= 100) throw unreadable(text, 'a percentile lies between 0 and 100, without them');
  return percentile;
}

function requireField(text: string, name: string, field: string | undefined): string {
  if (field === undefined || field === '') throw unreadable(text, `${name} needs a field, as in ${name}(latency_ms)`);
  return field;
}

function unquote(field: string): string {
  const isQuoted = field.length >= 2 && field.startsWith('"') && field.endsWith('"');
  return isQuoted ? field.slice(1, -1).replaceAll(/\\(["\\])/g, '$1') : field;
}

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

function unreadable(text: string, problem: string): AppError {
  return new AppError('bad_request', `cannot read metric ${quoted(text)}: ${problem}`, { details: { field: 'metric' } });
}
