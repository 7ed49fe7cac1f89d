/** When lines count, ms since 1970. */
import type { BatchView } from '#model/batch-view.ts';

/**
 * By row: the event time, where it lies at most `latenessMs` before the newest tick and not after the receive time; else
 * the receive time; and where that lies before all that is still open (the clock went back), the newest tick. So no line,
 * from whatever time, lands outside of the present.
 */
export function lineTimes(view: BatchView, receivedMs: number, newestTickMs: number, latenessMs: number): Float64Array {
  const { ts, rowCount } = view;
  const halves = new DataView(ts.buffer, ts.byteOffset, ts.byteLength);
  const times = new Float64Array(rowCount);
  const earliestMs = newestTickMs - latenessMs;
  const elseMs = receivedMs >= earliestMs ? receivedMs : newestTickMs;
  for (let row = 0; row < rowCount; row++) {
    // as two halves: a division of BigInts for each line would cost more than all the rest
    const eventMs = (halves.getInt32(row * 8 + 4, true) * 4_294_967_296 + halves.getUint32(row * 8, true)) / 1e6;
    times[row] = eventMs >= earliestMs && eventMs <= receivedMs ? Math.floor(eventMs) : elseMs;
  }
  return times;
}
