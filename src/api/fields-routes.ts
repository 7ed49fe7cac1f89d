/** Fields of lines: statistics, comparison, completion. */
import { compareFields } from '#search/compare.ts';
import type { CompareAnswer, Difference } from '#search/compare.ts';
import { readCompletions, readFields } from '#search/fields.ts';
import type { NamedField } from '#search/fields.ts';
import type { QueryRunner } from '#search/query-runner.ts';
import type { Sample } from '#store/field-reads.ts';
import { costObject, rangeObject } from './answer-shapes.ts';
import { fieldsEndpoints } from './fields-endpoints.ts';
import { compareBody, fieldsBody, valuesParameters } from './fields-schemas.ts';
import { parametersObject } from './query-parameters.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { selectionOf } from './selection.ts';

const readFieldsBody = createRequestReader(fieldsBody, 'the body');
const readCompareBody = createRequestReader(compareBody, 'the body');
const readValuesParameters = createRequestReader(valuesParameters, 'the query string');

export function fieldsRoutes(runner: QueryRunner): ApiRoute[] {
  return [
    { endpoint: fieldsEndpoints.fields, handle: (request) => fields(runner, request) },
    { endpoint: fieldsEndpoints.compareFields, handle: (request) => compare(runner, request) },
    { endpoint: fieldsEndpoints.fieldValues, handle: (request) => values(runner, request) },
  ];
}

async function fields(runner: QueryRunner, { body, principal, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const { fields: names, limit_fields: maxFields, limit_values: maxValues, ...rest } = readFieldsBody(body ?? {});
  const answer = await readFields(runner, { ...selectionOf(rest), fields: names, maxFields, maxValues }, principal, signal);
  return jsonReply(
    JSON.stringify({
      fields: answer.fields.map((field) => fieldObject(field, answer)),
      more_fields: answer.hasMoreFields,
      ...sampleObject(answer),
      ...costObject(answer),
    }),
  );
}

const typeNames: Readonly<Record<string, string>> = { s: 'string', n: 'number', b: 'boolean', z: 'null', j: 'json' };

function fieldObject({ name, source, lineCount, kinds, distinctValues, values: found, numbers }: NamedField, sample: Sample): object {
  const isEstimate = source !== 'column' && sample.sampledLines < sample.totalLines;
  const types =
    source === 'attribute'
      ? Object.entries(kinds).map(([letter, lines]) => [typeNames[letter] ?? 'string', lines])
      : [['string', lineCount]];
  return {
    name,
    source,
    lines: lineCount,
    coverage: percent(lineCount, sample.totalLines),
    types: Object.fromEntries(types) as object,
    distinct: distinctValues,
    distinct_is: isEstimate ? 'at_least' : 'exact',
    values: found.map(({ value, lineCount: lines }) => ({ value, lines, share: percent(lines, lineCount) })),
    ...(numbers === undefined ? {} : { numbers: numbersObject(numbers) }),
  };
}

function numbersObject({ lineCount, min, max, average, quantiles: [p50, p90, p95, p99] }: NonNullable<NamedField['numbers']>): object {
  return { lines: lineCount, min, max, avg: average, p50, p90, p95, p99 };
}

async function compare(runner: QueryRunner, { body, principal, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const { selection, baseline, limit } = readCompareBody(body ?? {});
  const request = { selection: selectionOf(selection), ...(baseline ? { baseline: selectionOf(baseline) } : {}), limit };
  const answer = await compareFields(runner, request, principal, signal);
  const { time_range: range, ...cost } = costObject(answer);
  return jsonReply(
    JSON.stringify({
      differences: answer.differences.map(differenceObject),
      selection: { ...sampleObject(answer.selection), time_range: range },
      baseline: baselineObject(answer),
      ...cost,
    }),
  );
}

const baselineObject = ({ baseline }: CompareAnswer): object => ({ ...sampleObject(baseline), time_range: rangeObject(baseline.range) });

function differenceObject({ field, value, selectionShare, baselineShare, lift, significance, pValue }: Difference): object {
  return {
    field,
    ...(value === undefined ? {} : { value }),
    selection_share: percent(selectionShare, 1),
    baseline_share: percent(baselineShare, 1),
    lift: lift ?? null,
    significance,
    p_value: pValue,
  };
}

async function values(runner: QueryRunner, { queryParameters, principal, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const { from, to, last, ...rest } = readValuesParameters(parametersObject(queryParameters, ['limit']));
  const hasRange = from !== undefined || to !== undefined || last !== undefined;
  const answer = await readCompletions(runner, { ...rest, timeRange: hasRange ? { from, to, last } : undefined }, principal, signal);
  const found = answer.completions.map(({ text, lineCount }) => ({ value: text, lines: lineCount }));
  return jsonReply(JSON.stringify({ values: found, ...sampleObject(answer), ...costObject(answer) }));
}

const sampleObject = ({ totalLines, sampledLines }: Sample): object => ({
  total_lines: totalLines,
  sampled: sampledLines < totalLines,
  sample_rate: totalLines === 0 ? 1 : sampledLines / totalLines,
});

/** To hundredths. */
const percent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 100);
