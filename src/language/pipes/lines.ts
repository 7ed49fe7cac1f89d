/** Lines as objects, for the evaluation in memory. */
import type { LogLine } from '#model/log-line.ts';
import { resolveField } from '../fields.ts';
import { lineText } from '../line-values.ts';
import type { QueryNode } from '../ast.ts';
import type { PipeLines } from './evaluate.ts';
import { noPattern } from './values.ts';

export interface LineObjects {
  /** Newest first. */
  readonly lines: readonly LogLine[];
  /** Whether a line passes a condition, by its number. */
  readonly select: (node: QueryNode) => (line: number) => boolean;
  /** Ids of the lines' patterns, where they are known. */
  readonly patterns?: readonly string[];
}

export function pipeLines({ lines, select, patterns }: LineObjects): PipeLines {
  return {
    count: lines.length,
    text: (line, field) => lineText(lines[line], field),
    timeNs: (line) => lines[line].tsNs,
    level: (line) => lines[line].level,
    weight: (line) => 1 / lines[line].sampleRate,
    pattern: (line) => patterns?.[line] ?? noPattern,
    select,
    typeOf(field) {
      const { kind } = resolveField(field);
      return kind === 'time' || kind === 'level' ? kind : 'text';
    },
  };
}
