/**
 * A query with pipes: which lines, and what is made of them. The page shows lines, bars and fields of the first part; what
 * clicks change is that part too.
 */
import { AppError } from '#base/errors.ts';
import { Lexer } from '#language/lexer.ts';

export interface PipedQuery {
  /** Which lines. */
  readonly base: string;
  /** From the first pipe on; empty where there is none. */
  readonly pipes: string;
}

export function splitPipes(text: string): PipedQuery {
  const at = firstPipe(text);
  return at === undefined ? { base: text, pipes: '' } : { base: text.slice(0, at).trim(), pipes: text.slice(at).trim() };
}

export function joinPipes({ base, pipes }: PipedQuery): string {
  return [base, pipes].filter((part) => part !== '').join(' ');
}

/** Changes which lines, and leaves what is made of them. */
export function changeBase(text: string, change: (base: string) => string): string {
  const { base, pipes } = splitPipes(text);
  return pipes === '' ? change(base) : joinPipes({ base: change(base), pipes });
}

/** Where the first pipe stands; undefined where there is none, or the text before it cannot be read. */
export function firstPipe(text: string): number | undefined {
  const lexer = new Lexer(text);
  try {
    for (;;) {
      const token = lexer.readTerm();
      if (token.kind === 'pipe') return token.start;
      if (token.kind === 'end') return undefined;
      if (token.kind === 'field' || token.kind === 'compare') skipValue(lexer);
    }
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function skipValue(lexer: Lexer): void {
  const value = lexer.readValue();
  if (value.kind === 'operator') skipValue(lexer);
  for (let depth = value.kind === 'open' ? 1 : 0; depth > 0; ) {
    const { kind } = lexer.readGroupTerm();
    if (kind === 'end') return;
    depth += kind === 'open' ? 1 : kind === 'close' ? -1 : 0;
  }
}
