/** The decimal text of a count, as bytes for the record writer; far cheaper than encoding a string. */

export class Decimal {
  readonly bytes = new Uint8Array(10);
  readonly view = new DataView(this.bytes.buffer);
  /** The last text is `start .. end`. */
  start = 0;
  readonly end = this.bytes.length;

  /** Writes a number of 32 bits, unsigned. */
  write(value: number): void {
    let rest = value;
    let at = this.end;
    do {
      const tens = Math.floor(rest / 10);
      this.bytes[--at] = 0x30 + rest - tens * 10;
      rest = tens;
    } while (rest > 0);
    this.start = at;
  }
}
