/** Parsers made from their specs, and the table of those that recognition tries. */
import { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { CsvParser } from './formats/csv.ts';
import { KeyValueParser } from './formats/logfmt.ts';
import { PatternParser } from './formats/pattern.ts';
import type { FormatTable } from './format-recogniser.ts';
import { compileGrok, compileRegex } from './grok/compile-grok.ts';
import type { LineParser, ParserKit } from './line-parser.ts';
import { parserCatalogue } from './parser-catalogue.ts';
import type { ParserSpec } from './parser-rules.ts';

/** The parsers that need more than a name. */
export const specifiedParsers = ['grok', 'regex', 'csv', 'key-value'] as const;

/** Patterns of the operator's own, by name. */
export type OwnPatterns = ReadonlyMap<string, string>;

/** Throws AppError bad_request for an unknown name, or a pattern that is not admitted. */
export function createParser(spec: ParserSpec, kit: ParserKit, patterns: OwnPatterns): LineParser {
  const { parser, pattern = '', columns = '', separator = '', assignment = '' } = spec;
  switch (parser) {
    case 'grok': {
      const { expression, groups } = compileGrok(needed(parser, pattern), patterns);
      return new PatternParser(parser, kit, expression, groups);
    }
    case 'regex': {
      const { expression, groups } = compileRegex(needed(parser, pattern));
      return new PatternParser(parser, kit, expression, groups);
    }
    case 'csv':
      return new CsvParser(kit, columns, separator || ',');
    case 'key-value':
      return new KeyValueParser(kit, { betweenNameAndValue: assignment || '=', betweenPairs: separator || ' ' });
  }
  const entry = parserCatalogue.find(({ name, aliases }) => name === parser || aliases?.includes(parser) === true);
  if (entry === undefined) throw unknownParser(parser);
  return entry.create(kit);
}

function needed(parser: string, pattern: string): string {
  if (pattern === '') throw new AppError('bad_request', `${parser} needs a pattern`);
  return pattern;
}

/** Names that a rule may give. */
export function parserNames(): string[] {
  return ['auto', 'none', ...specifiedParsers, ...parserCatalogue.flatMap(({ name, aliases = [] }) => [name, ...aliases])];
}

function unknownParser(name: string): AppError {
  const nearest = nearestName(name, parserNames());
  return new AppError('bad_request', `there is no parser "${name}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`);
}

/** What recognition tries on a line by its first byte. `inner`: on lines that a wrapper held, where none is tried again. */
export function formatTable(kit: ParserKit, inner: boolean): FormatTable {
  const table: LineParser[][] = Array.from({ length: 256 }, () => []);
  for (const { leads, create, createStrict } of parserCatalogue) {
    if (leads === undefined) continue;
    const parser = (createStrict ?? create)(kit);
    if (inner && parser.isWrapper === true) continue;
    for (const code of leadBytes(leads)) table[code].push(parser);
  }
  return table;
}

/** The bytes of `0-9[`. */
function leadBytes(leads: string): Set<number> {
  const codes = new Set<number>();
  for (let i = 0; i < leads.length; i++) {
    const isRange = leads[i + 1] === '-' && i + 2 < leads.length;
    const last = leads.charCodeAt(isRange ? i + 2 : i);
    for (let code = leads.charCodeAt(i); code <= last; code++) codes.add(code);
    if (isRange) i += 2;
  }
  return codes;
}
