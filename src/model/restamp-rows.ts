/** Gives the rows of a Native block another place in the log, in a copy: their ids change, everything else stays. */
import { columnStart } from './native-block.ts';

export interface Place {
  readonly origin: number;
  readonly seq: number;
}

/** The block at its new place; rows are numbered anew. */
export function restampRows(block: Uint8Array, { origin, seq }: Place): Uint8Array {
  const copy = block.slice();
  const view = new DataView(copy.buffer);
  const { rowCount, start: originAt } = columnStart(copy, 'origin');
  const seqAt = columnStart(copy, 'seq').start;
  const rowNoAt = columnStart(copy, 'row_no').start;
  for (let row = 0; row < rowCount; row++) {
    view.setUint32(originAt + row * 4, origin, true);
    view.setBigUint64(seqAt + row * 8, BigInt(seq), true);
    view.setUint16(rowNoAt + row * 2, row, true);
  }
  return copy;
}
