/** What is wrong with a query, in Loki's words, which people know and Grafana shows as they are. */
import { AppError } from '#base/errors.ts';

/** Of a syntax: the place is counted in characters, from 1. */
export function syntaxError(text: string, position: number, problem: string): AppError {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  const column = position - before.lastIndexOf('\n');
  return new AppError('query_syntax', `parse error at line ${line}, col ${column}: ${problem}`, {
    details: { position, line, column },
  });
}

/** Of a query that can be read and makes no sense. */
export function meaningError(problem: string): AppError {
  return new AppError('query_syntax', `parse error : ${problem}`);
}
