/** Lines a second, over the last whole second. */
export class RateMeter {
  #second = 0;
  #lines = 0;
  #lastLines = 0;

  note(lines: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#lines += lines;
  }

  /** The rate of the last whole second, or of this one where it is higher already. */
  perSecond(nowMs: number): number {
    this.#turn(nowMs);
    return Math.max(this.#lines, this.#lastLines);
  }

  #turn(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#second) return;
    this.#lastLines = second === this.#second + 1 ? this.#lines : 0;
    this.#lines = 0;
    this.#second = second;
  }
}
