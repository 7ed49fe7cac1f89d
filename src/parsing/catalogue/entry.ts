/** What is said of a built-in parser. */
import type { LineParser, ParserKit } from '../line-parser.ts';

export interface CatalogueEntry {
  readonly name: string;
  /** Other names that a rule may give. */
  readonly aliases?: readonly string[];
  readonly meaning: string;
  /** A line as it comes. */
  readonly example: string;
  /** What is found in the example, the message first: as documentation shows it, and tests hold it to. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  /** First bytes of lines that recognition tries it on, ranges as `a-z`; left out where it is only used by name. */
  readonly leads?: string;
  readonly create: (kit: ParserKit) => LineParser;
  /** For recognition, where it must be surer than where it was asked for. */
  readonly createStrict?: (kit: ParserKit) => LineParser;
}

export const digits = '0-9';
export const letters = 'A-Za-z';
