/**
 * Memory for lists of rows, used again and again: making a view of a typed array costs more than what most rules do with
 * it, so views are kept by their length.
 */

/** Longer lists get a view of their own each time. */
const maxKeptViews = 1024;

export class RowScratch {
  all = new Uint32Array(1024);
  #views: Uint32Array[] = [];

  /** Makes room for so many; what is in it is lost. */
  reserve(count: number): void {
    if (this.all.length >= count) return;
    this.all = new Uint32Array(2 * count);
    this.#views = [];
  }

  /** The first so many; the same memory at each call. */
  first(count: number): Uint32Array {
    if (count >= maxKeptViews) return this.all.subarray(0, count);
    return (this.#views[count] ??= this.all.subarray(0, count));
  }
}
