/**
 * The tail's cursor: the next row to look at in every shard of the log, as opaque text.
 *
 *   base64url of `1;<incarnation>;<shard>.<sequence>.<row>;…`
 *
 * It names positions only, so it may be used with another query; the tenant's lines are selected anew.
 */
import { AppError } from '#base/errors.ts';
import { maxIncarnation, maxRowsPerBatch, maxSequence, maxShards } from '#base/ids.ts';

/** Next row to look at: `row` rows of the frame `sequence` are already done. */
export interface ShardPoint {
  readonly sequence: number;
  readonly row: number;
}

export type TailPosition = ReadonlyMap<number, ShardPoint>;

export interface TailCursor {
  readonly incarnation: number;
  readonly position: TailPosition;
}

const maxCursorLength = 4096;
const decimal = /^\d{1,11}$/;

export function encodeCursor(incarnation: number, position: TailPosition): string {
  let text = `1;${incarnation}`;
  for (const [shard, { sequence, row }] of position) text += `;${shard}.${sequence}.${row}`;
  return Buffer.from(text, 'latin1').toString('base64url');
}

/** Throws `invalid_cursor` for any text that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): TailCursor {
  if (cursor.length === 0 || cursor.length > maxCursorLength || !/^[\w-]+$/.test(cursor)) throw invalid();
  const [version, incarnationText, ...points] = Buffer.from(cursor, 'base64url').toString('latin1').split(';');
  if (version !== '1') throw invalid();
  const incarnation = boundedInteger(incarnationText, maxIncarnation);
  const position = new Map<number, ShardPoint>();
  for (const point of points) {
    const parts = point.split('.');
    if (parts.length !== 3) throw invalid();
    const shard = boundedInteger(parts[0], maxShards - 1);
    if (position.has(shard)) throw invalid();
    position.set(shard, { sequence: boundedInteger(parts[1], maxSequence + 1), row: boundedInteger(parts[2], maxRowsPerBatch) });
  }
  return { incarnation, position };
}

function boundedInteger(text: string | undefined, max: number): number {
  if (text === undefined || !decimal.test(text) || Number(text) > max) throw invalid();
  return Number(text);
}

function invalid(): AppError {
  return new AppError('invalid_cursor', 'this cursor is not one that the live tail gave out');
}
