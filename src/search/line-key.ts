/** A line's place in the order of lines, told from the line itself. */
import { invariant } from '#base/errors.ts';
import { parseLineId } from '#base/ids.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LineKey } from '#store/log-store.ts';

export function lineKeyOf({ id, tsNs }: Pick<LogLine, 'id' | 'tsNs'>): LineKey {
  const parts = parseLineId(id);
  invariant(parts !== undefined, `line id ${id}`);
  return { tsNs, origin: parts.origin, seq: parts.seq, rowNo: parts.rowNo };
}
