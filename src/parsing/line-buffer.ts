/**
 * The line being parsed, copied out of the batch: what parsers write goes into the same memory that the line lies in.
 */
const retainBytes = 1 << 20;
/** Parsers look a few bytes past the end of a line. */
const slackBytes = 16;

export class LineBuffer {
  bytes = new Uint8Array(4096);
  view = new DataView(this.bytes.buffer);
  length = 0;

  /** Copies `start .. end`. */
  load(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.length = length;
    const isTooLarge = this.bytes.length > retainBytes && length + slackBytes < retainBytes;
    if (length + slackBytes > this.bytes.length || isTooLarge) {
      this.bytes = new Uint8Array(Math.max(4096, (length + slackBytes) * (isTooLarge ? 1 : 2)));
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(source.subarray(start, end), 0);
    this.bytes[length] = 0;
  }
}
