/**
 * What the lines of a selection are like, in one call: their fields with coverage, types, values and quantiles; the
 * completion of names and values by what the selection has. Over many lines the answers are estimated from a sample of
 * `search.field_sample_lines`, and say so.
 */
import type { FieldName, FieldStatistics, Sample } from '#store/field-reads.ts';
import { fieldText, fieldsOfText } from './field-names.ts';
import { completenessOf, overBound, plainRange } from './query-runner.ts';
import type { Answer, QueryRunner, Searcher, Selection } from './query-runner.ts';

export interface FieldsRequest extends Selection {
  /** Only these, by their names in queries. */
  readonly fields?: readonly string[];
  readonly maxFields?: number;
  readonly maxValues?: number;
}

export interface NamedField extends FieldStatistics {
  /** As a query writes it. */
  readonly name: string;
}

export interface FieldsAnswer extends Answer, Sample {
  readonly fields: readonly NamedField[];
  readonly hasMoreFields: boolean;
}

/** AppError as `SearchService.search`. */
export function readFields(runner: QueryRunner, request: FieldsRequest, searcher: Searcher, signal: AbortSignal): Promise<FieldsAnswer> {
  return runner.measured('fields', async (startedMs) => {
    const { config, store } = runner;
    const maxFields = bounded(runner, 'limit_fields', request.maxFields ?? Math.min(config.field_limit, config.max_fields), 'max_fields');
    const maxValues = bounded(
      runner,
      'limit_values',
      request.maxValues ?? Math.min(config.field_value_limit, config.max_field_values),
      'max_field_values',
    );
    const fields = request.fields?.flatMap(fieldsOfText);
    const where = runner.parseSelection(request);
    const range = await runner.resolveRange(request, 'future-allowance', searcher);
    const question = {
      tenant: searcher.tenant,
      where,
      range: plainRange(range),
      maxLines: config.field_sample_lines,
      maxFields,
      maxValues,
    };
    const answer = await runner.admitted(
      searcher,
      signal,
      (_, options) => store.fieldStatistics({ ...question, ...(fields ? { fields } : {}) }, options),
      { kind: 'aggregate', where, range },
    );
    return {
      fields: answer.fields.map((field) => ({ ...field, name: fieldText(field) })),
      hasMoreFields: answer.hasMoreFields,
      totalLines: answer.totalLines,
      sampledLines: answer.sampledLines,
      ...completenessOf(answer),
      range,
      scannedRows: answer.scannedRows,
      tookMs: runner.elapsedMs(startedMs),
    };
  });
}

export interface CompletionRequest extends Selection {
  /** Whose values are wanted; absent: names of fields. */
  readonly field?: string;
  readonly prefix?: string;
  readonly limit?: number;
}

export interface Completion {
  /** A value, or the name of a field as a query writes it. */
  readonly text: string;
  readonly lineCount: number;
}

export interface CompletionsAnswer extends Answer, Sample {
  /** The most frequent first. */
  readonly completions: readonly Completion[];
}

/** AppError as `SearchService.search`. */
export function readCompletions(
  runner: QueryRunner,
  request: CompletionRequest,
  searcher: Searcher,
  signal: AbortSignal,
): Promise<CompletionsAnswer> {
  return runner.measured('fields', async (startedMs) => {
    const { config, store } = runner;
    const limit = bounded(
      runner,
      'limit',
      request.limit ?? Math.min(config.field_value_limit, config.max_field_values),
      'max_field_values',
    );
    const where = runner.parseSelection(request);
    const range = await runner.resolveRange(request, 'future-allowance', searcher);
    const sources: (FieldName | undefined)[] = request.field === undefined ? [undefined] : fieldsOfText(request.field);
    const prefix = request.field === undefined ? withoutSource(request.prefix ?? '') : (request.prefix ?? '');
    const question = { tenant: searcher.tenant, where, range: plainRange(range), maxLines: config.field_sample_lines, prefix, limit };
    const answers = await runner.admitted(
      searcher,
      signal,
      (_, options) => Promise.all(sources.map((field) => store.completions({ ...question, ...(field ? { field } : {}) }, options))),
      { kind: 'aggregate', where, range },
    );
    const found = answers.flatMap(({ values }) => values);
    const named = request.field === undefined;
    const completions = found.map(({ source, value, lineCount }) => ({
      text: named ? fieldText({ source, key: value }) : value,
      lineCount,
    }));
    return {
      completions: completions.sort((a, b) => b.lineCount - a.lineCount || (a.text < b.text ? -1 : 1)).slice(0, limit),
      totalLines: answers[0].totalLines,
      sampledLines: answers[0].sampledLines,
      ...completenessOf(...answers),
      range,
      scannedRows: answers.reduce((sum, { scannedRows }) => sum + scannedRows, 0),
      tookMs: runner.elapsedMs(startedMs),
    };
  });
}

/** A name is looked for by itself: `metadata.lat` begins `latency_ms`. */
const withoutSource = (prefix: string): string => prefix.replace(/^(?:metadata|meta|attributes|resource)\./, '');

type Bound = 'max_fields' | 'max_field_values';

function bounded({ config }: QueryRunner, name: string, value: number, setting: Bound): number {
  if (value > config[setting]) throw overBound(name, value, config[setting], setting, 'ask for fewer, or narrow the query');
  return value;
}
