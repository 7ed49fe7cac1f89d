/**
 * What a line counts in a budget of bytes: its message and the names and values of its attributes, in UTF-8, as they were
 * sent and before compression. Not what it takes on disk, and nothing of what the platform adds.
 */
import type { BatchView } from '#model/batch-view.ts';

const encoder = new TextEncoder();

/** Bytes by row of the batch. */
export function lineBytesOf(view: BatchView): (row: number) => number {
  const message = view.text('message');
  const { offsets, keys, values } = view.map('attributes');
  const nameBytes = Uint32Array.from(keys.values, (name) => encoder.encode(name).length);
  return (row) => {
    let bytes = message.ends[row] - message.starts[row];
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++)
      bytes += nameBytes[keys.indexes[entry]] + values.ends[entry] - values.starts[entry];
    return bytes;
  };
}
