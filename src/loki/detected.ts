/** Labels and fields that lines have: what Grafana's Logs Drilldown asks. */
import { nsPerMs } from '#base/instant.ts';
import { LineLabels } from '#logql/line-labels.ts';
import { parseLogExpression } from '#logql/parser.ts';
import { compileStages } from '#logql/pipeline.ts';
import type { StageRun } from '#logql/pipeline.ts';
import { parseFloatStrictly } from '#logql/label-filters.ts';
import { parseSeconds, parseSize } from '#logql/quantities.ts';
import type { TimeRange } from '#store/log-store.ts';
import { whereOf } from './label-queries.ts';
import { readLog } from './log-query.ts';
import type { Entry } from './log-query.ts';
import type { Asker, LokiParts } from './loki-parts.ts';
import { labelsOfStream, streamFields } from './stream-labels.ts';

export interface DetectedLabel {
  readonly label: string;
  readonly cardinality: number;
}

/** Labels of streams with the number of their values. */
export async function readDetectedLabels(parts: LokiParts, query: string, range: TimeRange, asker: Asker): Promise<DetectedLabel[]> {
  const where = await whereOf(parts, query, range, asker);
  const { counts } = await parts.countStreams(asker, { where, range, fields: streamFields, byResource: true, withBytes: false });
  const values = new Map<string, Set<string>>();
  for (const labels of counts.map(labelsOfStream)) {
    for (const [label, value] of labels) values.set(label, (values.get(label) ?? new Set()).add(value));
  }
  return [...values].map(([label, found]) => ({ label, cardinality: found.size })).sort((a, b) => (a.label < b.label ? -1 : 1));
}

export interface DetectedField {
  readonly label: string;
  readonly type: 'string' | 'int' | 'float' | 'boolean' | 'duration' | 'bytes';
  readonly values: ReadonlySet<string>;
  /** Parsers that found it; none for structured metadata. */
  readonly parsers: ReadonlySet<string>;
}

export interface DetectedRequest {
  readonly query: string;
  readonly range: TimeRange;
  /** Newest lines that are looked at. */
  readonly lineLimit: number;
}

/** Fields of the newest lines: their structured metadata, and what the parsers json and logfmt find. */
export async function readDetectedFields(parts: LokiParts, request: DetectedRequest, asker: Asker): Promise<DetectedField[]> {
  const { query, range, lineLimit } = request;
  const expression = parseLogExpression(query);
  const { entries } = await readLog(parts, { expression, range, order: 'desc', limit: lineLimit, intervalNs: 0n }, asker);
  const context = { nowNs: BigInt(Math.floor(parts.nowMs)) * nsPerMs };
  const parsers = [
    {
      name: 'json',
      run: compileStages([{ kind: 'json', extractions: [] }], context),
      fits: (line: string) => line.trimStart().startsWith('{'),
    },
    {
      name: 'logfmt',
      run: compileStages([{ kind: 'logfmt', strict: true, keepEmpty: false, extractions: [] }], context),
      fits: (line: string) => line.includes('='),
    },
  ];
  const fields = new Map<string, { readonly values: Set<string>; readonly parsers: Set<string> }>();
  const note = (label: string, value: string, parser?: string): void => {
    const field = fields.get(label) ?? { values: new Set<string>(), parsers: new Set<string>() };
    field.values.add(value);
    if (parser !== undefined) field.parsers.add(parser);
    fields.set(label, field);
  };
  for (const entry of entries) {
    const parser = parsers.find(({ fits }) => fits(entry.line));
    for (const [label, value, kind] of entry.labels.entries()) if (kind !== 'stream') note(label, value);
    if (parser !== undefined) for (const [label, value] of parsedBy(entry, parser.run)) note(label, value, parser.name);
  }
  return [...fields]
    .map(([label, found]) => ({ label, ...found, type: typeOf(found.values) }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

/** What a parser finds in the line; nothing where it cannot read it. */
function parsedBy({ tsNs, line }: Entry, run: StageRun): (readonly [string, string])[] {
  const labels = new LineLabels(new Map(), new Map());
  run({ tsNs, line, labels });
  return labels.error === '' ? [...labels.entries()].map(([label, value]) => [label, value]) : [];
}

/** The narrowest type that all values have. */
function typeOf(values: ReadonlySet<string>): DetectedField['type'] {
  const all = (test: (value: string) => boolean): boolean => [...values].every(test);
  if (all((value) => /^[+-]?\d+$/.test(value))) return 'int';
  if (all((value) => parseFloatStrictly(value) !== undefined)) return 'float';
  if (all((value) => /^(?:true|false)$/i.test(value))) return 'boolean';
  if (all((value) => parseSeconds(value) !== undefined)) return 'duration';
  return all((value) => /[a-z]/i.test(value) && parseSize(value) !== undefined) ? 'bytes' : 'string';
}
