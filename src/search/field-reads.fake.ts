/** The fields of lines in an array, counted plainly: the fake store's answers about fields. */
import type { LogLine } from '#model/log-line.ts';
import { severityName } from '#model/severity.ts';
import { fieldColumns } from '#store/field-reads.ts';
import type {
  ComparisonAnswer,
  CompletionAnswer,
  CompletionQuery,
  FieldName,
  FieldStatistics,
  FieldStatisticsAnswer,
  FieldStatisticsQuery,
  Sample,
  ValueDifference,
} from '#store/field-reads.ts';

interface Entry extends FieldName {
  readonly value: string;
  readonly kind: string;
}

function entriesOf(line: LogLine): Entry[] {
  const columns = { service: line.service, host: line.host, environment: line.environment, level: severityName(line.level) };
  const { names, values, kinds } = line.attributes;
  return [
    ...fieldColumns.map((key): Entry => ({ source: 'column', key, value: columns[key], kind: '' })).filter(({ value }) => value !== ''),
    ...names.map((key, index): Entry => ({ source: 'attribute', key, value: values[index], kind: kinds[index] })),
    ...Object.entries(line.resource).map(([key, value]): Entry => ({ source: 'resource', key, value, kind: '' })),
  ];
}

const isField = (a: FieldName, b: FieldName): boolean => a.source === b.source && a.key === b.key;

/** Every k-th line, where there are more than `maxLines`. */
function sampled(lines: readonly LogLine[], maxLines: number): { readonly looked: readonly LogLine[]; readonly sample: Sample } {
  const every = Math.max(1, Math.ceil(lines.length / maxLines));
  const looked = lines.filter((_, index) => index % every === 0);
  return { looked, sample: { totalLines: lines.length, sampledLines: looked.length } };
}

const countBy = (texts: readonly string[]): [string, number][] =>
  [...Map.groupBy(texts, (text) => text)]
    .map(([text, same]): [string, number] => [text, same.length])
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));

type Answered<T> = Omit<T, 'complete' | 'reason' | 'scannedRows'>;

export function fakeFieldStatistics(lines: readonly LogLine[], query: FieldStatisticsQuery): Answered<FieldStatisticsAnswer> {
  const { looked, sample } = sampled(lines, query.maxLines);
  const scale = looked.length === 0 ? 1 : lines.length / looked.length;
  const summary = (entries: readonly Entry[]): FieldStatistics => {
    const { source, key } = entries[0];
    const factor = source === 'column' ? 1 : scale;
    const values = countBy(entries.map(({ value }) => value)).map(([value, count]) => ({ value, lineCount: Math.round(count * factor) }));
    const numbers = entries
      .map(({ value }) => (value === '' ? Number.NaN : Number(value)))
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    const quantile = (share: number): number => numbers[Math.min(numbers.length - 1, Math.floor(share * numbers.length))];
    const summed = numbers.reduce((sum, number) => sum + number, 0);
    const facts = { min: numbers[0], max: numbers[numbers.length - 1], average: summed / numbers.length };
    return {
      source,
      key,
      lineCount: Math.round(entries.length * factor),
      kinds: source === 'attribute' ? Object.fromEntries(countBy(entries.map(({ kind }) => kind))) : {},
      distinctValues: values.length,
      values: values.slice(0, query.maxValues),
      ...(numbers.length > 0 && source !== 'column'
        ? { numbers: { lineCount: numbers.length, ...facts, quantiles: [0.5, 0.9, 0.95, 0.99].map(quantile) } }
        : {}),
    };
  };
  const entries = [
    ...lines.flatMap(entriesOf).filter(({ source }) => source === 'column'),
    ...looked.flatMap(entriesOf).filter(({ source }) => source !== 'column'),
  ];
  const wanted = entries.filter((entry) => query.fields === undefined || query.fields.some((field) => isField(field, entry)));
  const groups = [...Map.groupBy(wanted, ({ source, key }) => `${source} ${key}`).values()].map(summary);
  const rank = ({ source }: FieldName): number => (source === 'column' ? 0 : 1);
  groups.sort((a, b) => rank(a) - rank(b) || (rank(a) === 0 ? 0 : b.lineCount - a.lineCount));
  return { ...sample, fields: groups.slice(0, query.maxFields), hasMoreFields: groups.length > query.maxFields };
}

export function fakeCompletions(
  lines: readonly LogLine[],
  { field, prefix, limit, maxLines }: CompletionQuery,
): Answered<CompletionAnswer> {
  const { looked, sample } = sampled(lines, field === undefined ? maxLines : Infinity);
  const entries = looked.flatMap(entriesOf);
  const texts =
    field === undefined
      ? entries.map(({ source, key }) => [source, key])
      : entries.filter((entry) => isField(entry, field)).map(({ source, value }) => [source, value]);
  const values = countBy(texts.map((pair) => JSON.stringify(pair))).map(([pair, lineCount]) => {
    const [source, value] = JSON.parse(pair) as [FieldName['source'], string];
    return { source, value, lineCount };
  });
  const fitting = values.filter(({ value }) => value !== '' && value.toLowerCase().startsWith(prefix.toLowerCase()));
  return { ...sample, values: fitting.slice(0, limit) };
}

export function fakeComparison(selection: readonly LogLine[], baseline: readonly LogLine[], limit: number): Answered<ComparisonAnswer> {
  const counts = (lines: readonly LogLine[]) => {
    const entries = lines.flatMap(entriesOf);
    const keys = entries.flatMap(({ source, key, value }) => [JSON.stringify([source, key]), JSON.stringify([source, key, value])]);
    return new Map(countBy(keys));
  };
  const base = counts(baseline);
  const differences = [...counts(selection)]
    .filter(([, count]) => count >= 3)
    .map(([name, selectionLines]): ValueDifference => {
      const [source, key, value] = JSON.parse(name) as [FieldName['source'], string, string | undefined];
      return { source, key, ...(value === undefined ? {} : { value }), selectionLines, baselineLines: base.get(name) ?? 0 };
    });
  const whole = (lines: readonly LogLine[]): Sample => ({ totalLines: lines.length, sampledLines: lines.length });
  return { selection: whole(selection), baseline: whole(baseline), differences: differences.slice(0, limit) };
}
