/** Counts the records of an export while its bytes pass by: lines, but for breaks within quotes of a CSV. */

const lineFeed = 0x0a;
const quote = 0x22;

export class RecordCounter {
  readonly #isCsv: boolean;
  #breaks = 0;
  #isQuoted = false;

  constructor(isCsv: boolean) {
    this.#isCsv = isCsv;
  }

  add(bytes: Uint8Array): void {
    if (!this.#isCsv) {
      for (const byte of bytes) if (byte === lineFeed) this.#breaks++;
      return;
    }
    for (const byte of bytes) {
      if (byte === quote) this.#isQuoted = !this.#isQuoted;
      else if (byte === lineFeed && !this.#isQuoted) this.#breaks++;
    }
  }

  /** Without the head of a CSV. */
  get records(): number {
    return Math.max(0, this.#breaks - (this.#isCsv ? 1 : 0));
  }
}
