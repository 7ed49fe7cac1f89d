/**
 * Text → pipeline. What stands before the first pipe is a query (`../parser.ts`), what follows are stages:
 *
 *   where   = "where" query
 *   parse   = "parse" string [ "from" name ] [ "as" name { "," name } ]
 *   fields  = "fields" names        dedup = "dedup" names        names = name { "," name }
 *   sort    = "sort" [ "by" ] key { "," key }                    key   = name [ "asc" | "desc" ]
 *   limit   = "limit" number        top   = "top" [ number ] "by" names
 *   stats   = "stats" value { "," value } [ by ]                 value = function "(" [ name ] ")" [ "as" name ]
 *   rate    = "rate" [ by ]         by    = "by" group { "," group }
 *   group   = ( name | "bin" "(" duration ")" ) [ "as" name ]
 *   patterns = "patterns"
 *
 * A name is written plain or "in quotes"; one that a function makes may be written as the function was: `sort p99(took)`.
 * Keywords may be in any case. The parser throws AppError and nothing else, and takes time linear in the text.
 */
import { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { defaultQueryConfig } from '../config.ts';
import { Lexer } from '../lexer.ts';
import { TermBudget, checkLength, overLimit, parseCondition } from '../parser.ts';
import { querySyntaxError } from '../query-text.ts';
import { stageKinds } from './nodes.ts';
import { parseStage } from './stage-parser.ts';
import { StageReader } from './stage-reader.ts';
import type { QueryConfig } from '../config.ts';
import type { Span } from '../ast.ts';
import type { Pipeline, Stage, StageKind } from './nodes.ts';

/**
 * The pipeline of a text; without pipes it has no stages. Throws AppError `query_syntax` or `query_unsupported` with details
 * {position, length, expected, suggestion}, or `limit_exceeded` with details {setting, limit}.
 */
export function parsePipeline(text: string, config: QueryConfig = defaultQueryConfig): Pipeline {
  checkLength(text, config);
  const query = text.toWellFormed();
  const budget = new TermBudget(config);
  const lexer = new Lexer(query);
  const { node, end } = parseCondition(lexer, budget);
  const stages: Stage[] = [];
  for (let more = end.kind === 'pipe'; more; ) {
    const sign = { start: lexer.position - 1, end: lexer.position };
    if (stages.length >= config.max_pipes) throw placed(query, tooMany(config), sign);
    const read = readStage(lexer, budget, sign);
    stages.push(Object.freeze(read.stage));
    more = read.more;
  }
  return Object.freeze({ query: node, stages: Object.freeze(stages) });
}

function tooMany({ max_pipes: limit }: QueryConfig): AppError {
  return overLimit(`the query has more than ${limit} pipes`, 'max_pipes', limit);
}

/** Leaves the lexer behind the next pipe, where there is one. */
function readStage(lexer: Lexer, budget: TermBudget, sign: Span): { readonly stage: Stage; readonly more: boolean } {
  const reader = new StageReader(lexer.query, lexer.position, budget);
  const kind = stageKind(reader, sign);
  const { start } = reader.token;
  reader.next();
  if (kind === 'where') return readWhere(lexer, reader, budget, start);
  const stage = parseStage(kind, reader);
  const { token } = reader;
  if (token.kind !== 'end' && token.kind !== 'pipe') throw reader.unexpected('| or the end');
  lexer.position = token.end;
  return { stage: { ...stage, span: { start, end: reader.lastEnd } }, more: token.kind === 'pipe' };
}

function readWhere(lexer: Lexer, reader: StageReader, budget: TermBudget, start: number) {
  lexer.position = reader.lastEnd;
  const { node, end } = parseCondition(lexer, budget, 'unknown');
  if (node.kind === 'all') throw reader.error('a condition must follow "where"', { start: reader.lastEnd, end: end.start }, 'a condition');
  return { stage: { kind: 'where', condition: node, span: { start, end: end.start } } as const, more: end.kind === 'pipe' };
}

/** Names that other languages have for the same. */
const foreignNames: Readonly<Record<string, StageKind>> = {
  filter: 'where',
  search: 'where',
  extract: 'parse',
  rex: 'parse',
  pattern: 'parse',
  project: 'fields',
  keep: 'fields',
  select: 'fields',
  table: 'fields',
  order: 'sort',
  head: 'limit',
  take: 'limit',
  uniq: 'dedup',
  unique: 'dedup',
  distinct: 'dedup',
  summarize: 'stats',
  aggregate: 'stats',
  count: 'stats',
  timechart: 'stats',
};

function stageKind(reader: StageReader, sign: Span): StageKind {
  const { token } = reader;
  const expected = stageKinds.join(', ');
  if (token.kind !== 'name') throw reader.error('a pipe is followed by what it does', token.kind === 'end' ? sign : token, expected);
  const name = token.text.toLowerCase();
  const kind = stageKinds.find((known) => known === name);
  if (kind !== undefined) return kind;
  const suggestion = foreignNames[name] ?? nearestName(name, stageKinds);
  const advice = suggestion === undefined ? `there are ${expected}; to search for "|", quote it` : `did you mean "${suggestion}"?`;
  throw reader.error(`there is no pipe "${token.text.slice(0, 40)}"; ${advice}`, token, expected, suggestion);
}

function placed(query: string, { message, code, details }: AppError, { start, end }: Span): AppError {
  return querySyntaxError(query, message, { position: start, length: end - start, code, details });
}
