/**
 * The usual share of some lines in all lines of a service, over the last two days: where a volume triples, so may its WARN
 * lines. Called by the detectors.
 */
const fading = 1 - 1 / 576;
/** With fewer lines behind it no share is told. */
const fewestLines = 200;

export class UsualShare {
  #part = 0;
  #whole = 0;

  add(part: number, whole: number): void {
    this.#part = this.#part * fading + part;
    this.#whole = this.#whole * fading + whole;
  }

  /** Lines that would be usual among so many. */
  of(whole: number): number {
    return this.#whole < fewestLines ? 0 : (this.#part / this.#whole) * whole;
  }

  save(): number[] {
    return [this.#part, this.#whole];
  }

  restore(saved: unknown): boolean {
    if (!Array.isArray(saved) || saved.length !== 2 || !saved.every((value) => Number.isFinite(value))) return false;
    [this.#part, this.#whole] = saved as number[];
    return true;
  }
}
