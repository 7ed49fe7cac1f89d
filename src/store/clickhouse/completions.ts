/** Names of fields, or values of one, that begin with a text, the most frequent first. */
import { compileFieldValue } from '#language/compile-sql.ts';
import { fieldColumns } from '../field-reads.ts';
import type { CompletionAnswer, CompletionQuery, FieldName } from '../field-reads.ts';
import type { ReadOptions } from '../log-store.ts';
import type { Parameters } from './database.ts';
import { sampleLines } from './field-sample.ts';
import type { FieldSample } from './field-sample.ts';
import { estimate } from './field-statistics.ts';
import type { ReadParts } from './find-lines.ts';
import type { Snapshot } from './snapshots.ts';

/** Answers from one snapshot; the caller holds and releases it. */
export async function completions(
  parts: ReadParts,
  snapshot: Snapshot,
  query: CompletionQuery,
  options: ReadOptions,
): Promise<CompletionAnswer> {
  const sample = await sampleLines(parts, snapshot, query, query, options);
  const { field } = query;
  // Values of a column, and those that begin so: all lines are looked at, for a rare one is what is typed for.
  const isWhole = field !== undefined && (field.source === 'column' || query.prefix !== '');
  const { sql, parameters } = field === undefined ? namesOf(sample) : valuesOf(sample, field, isWhole);
  const { rows, scannedRows } = await parts.database.select(
    `SELECT source, value, sum(c) AS lines FROM (${sql}) WHERE startsWith(lowerUTF8(value), lowerUTF8({prefix:String}))
     GROUP BY source, value ORDER BY lines DESC, value LIMIT ${query.limit}`,
    { ...sample.parameters, ...parameters, prefix: query.prefix },
    options,
  );
  const { totalLines, sampledLines } = isWhole ? { totalLines: sample.totalLines, sampledLines: sample.totalLines } : sample;
  const scale = sampledLines === 0 ? 1 : totalLines / sampledLines;
  const reason = snapshot.incompleteReason;
  return {
    values: rows.map(([source, value, lines]) => ({
      source: source as FieldName['source'],
      value: value as string,
      lineCount: estimate(lines, scale),
    })),
    totalLines,
    sampledLines,
    complete: reason === undefined,
    ...(reason ? { reason } : {}),
    scannedRows: sample.scannedRows + scannedRows,
  };
}

interface Source {
  readonly sql: string;
  readonly parameters: Parameters;
}

/** Columns that any line has something in, and the names of both maps. */
function namesOf(sample: FieldSample): Source {
  const columns = fieldColumns.map((name) => `if(empty(toString(${compileFieldValue(name).sql})), '', '${name}')`);
  const entry = (source: string, names: string): string =>
    `SELECT '${source}' AS source, value, count() AS c FROM (${sample.select(`${names} AS names`)}) ARRAY JOIN names AS value GROUP BY value`;
  const branches = [
    `SELECT * FROM (${entry('column', `[${columns.join(', ')}]`)}) WHERE notEmpty(value)`,
    entry('attribute', 'mapKeys(attributes)'),
    entry('resource', 'mapKeys(resource)'),
  ];
  return { sql: branches.join('\nUNION ALL\n'), parameters: {} };
}

function valuesOf(sample: FieldSample, { source, key }: FieldName, isWhole: boolean): Source {
  const compiled = compileFieldValue(source === 'column' ? key : `${source === 'attribute' ? 'attributes' : 'resource'}.${key}`, 'cv');
  const columns = `'${source}' AS source, toString(${compiled.sql}) AS value, count() AS c`;
  const select = isWhole ? sample.selectAll : sample.select;
  return { sql: `SELECT * FROM (${select(columns, 'GROUP BY value')}) WHERE notEmpty(value)`, parameters: compiled.params };
}
