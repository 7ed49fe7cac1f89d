/** One line by its id. */
import { AppError } from '#base/errors.ts';
import { parseLineId } from '#base/ids.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LinePlace, ReadOptions } from '#store/log-store.ts';
import type { QueryRunner, Searcher } from './query-runner.ts';

/** The line, for a caller that has its turn; AppError `not_found`, also where another tenant has it. */
export async function readLine(runner: QueryRunner, id: string, searcher: Searcher, options: ReadOptions): Promise<LogLine> {
  const line = isLineId(id) ? await runner.store.lineById(searcher.tenant, id.toLowerCase(), options) : undefined;
  if (line === undefined) throw notFound(id);
  return line;
}

/** The same of its place alone. */
export async function readPlace(runner: QueryRunner, id: string, searcher: Searcher, options: ReadOptions): Promise<LinePlace> {
  const place = isLineId(id) ? await runner.store.placeOfLine(searcher.tenant, id.toLowerCase(), options) : undefined;
  if (place === undefined) throw notFound(id);
  return place;
}

const notFound = (id: string): AppError =>
  new AppError('not_found', isLineId(id) ? `there is no line with the id "${id}"` : 'this is not the id of a line');

/** True where the text has the form of an id, whether or not there is such a line. */
export const isLineId = (id: string): boolean => id.length <= 64 && parseLineId(id) !== undefined;
