/** The header `Range` (RFC 9110, 14.2), as far as one range of bytes. Pure. */
import { AppError } from '#base/errors.ts';

/** Half open. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Undefined where the whole is meant: no header, another unit, several ranges or a malformed one, which the RFC lets a
 * server ignore. AppError range_not_satisfiable where it begins behind the end.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header?.trim() ?? '');
  if (match === null) return undefined;
  const [, first, last] = match;
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (from >= size || from >= to)
    throw new AppError('range_not_satisfiable', `the file has ${size} bytes`, { details: { header: 'range', size } });
  return { from, to };
}
