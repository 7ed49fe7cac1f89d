/** Pipeline → its canonical text, which also serves as a cache key. */
import { formatDurationMs } from '#base/units.ts';
import { printQuery } from '../printer.ts';
import { plainFieldName } from '../query-text.ts';
import { functionName } from './nodes.ts';
import { isPlaceName, joinTemplate } from './template.ts';
import type { Aggregate, ColumnName, Group, ParseStage, Pipeline, Stage } from './nodes.ts';

export function printPipeline({ query, stages }: Pipeline): string {
  return [printQuery(query), ...stages.map(printStage)].join(' | ');
}

export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'where':
      return `where ${printQuery(stage.condition)}`;
    case 'fields':
    case 'dedup':
      return `${stage.kind} ${printColumns(stage.columns)}`;
    case 'sort':
      return `sort ${stage.keys.map(({ column, order }) => `${printColumn(column)}${order === 'desc' ? ' desc' : ''}`).join(', ')}`;
    case 'limit':
      return `limit ${stage.count}`;
    case 'parse':
      return printParse(stage);
    case 'stats':
      return `stats ${stage.aggregates.map(printAggregate).join(', ')}${printGroups(stage.by)}`;
    case 'top':
      return `top ${stage.count} by ${printColumns(stage.columns)}`;
    case 'rate':
      return `rate${printGroups(stage.by)}`;
    case 'patterns':
      return 'patterns';
    default:
      return stage satisfies never;
  }
}

/** Words with a meaning between names, in any case. */
const keywords = new Set(['by', 'as', 'from', 'asc', 'desc', 'bin']);

function printName(name: string): string {
  if (plainFieldName.test(name) && !keywords.has(name.toLowerCase())) return name;
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

const printColumn = ({ name }: ColumnName): string => printName(name);
const printColumns = (columns: readonly ColumnName[]): string => columns.map(printColumn).join(', ');
const printAlias = (as: string | undefined): string => (as === undefined ? '' : ` as ${printName(as)}`);

function printAggregate(aggregate: Aggregate): string {
  return `${functionName(aggregate)}(${aggregate.field ? printColumn(aggregate.field) : ''})${printAlias(aggregate.as)}`;
}

function printGroups(by: readonly Group[]): string {
  const printed = by.map((group) => {
    const key = group.kind === 'bin' ? `bin(${formatDurationMs(group.intervalMs)})` : printColumn(group.column);
    return `${key}${printAlias(group.as)}`;
  });
  return printed.length === 0 ? '' : ` by ${printed.join(', ')}`;
}

/** Names that cannot stand in a template are given behind it. */
function printParse({ texts, places, from }: ParseStage): string {
  const names = places.map((place) => place?.name);
  const fit = names.every((name) => name === undefined || isPlaceName(name));
  const shown = fit ? names : names.map((name, i) => (name === undefined ? undefined : `_${i}`));
  const template = joinTemplate(texts, shown).replace(/["\\]/g, '\\$&');
  const renamed = places.filter((place) => place !== undefined);
  return `parse "${template}"${from ? ` from ${printColumn(from)}` : ''}${fit ? '' : ` as ${printColumns(renamed)}`}`;
}
