/**
 * The buckets of one group in a window, by rising number; only those with lines take room. Like a ring it holds at most
 * `capacity`: a newer one drives out the oldest, so that no line, however far ahead or behind, makes it long.
 */
export class TimeBuckets<B> {
  readonly numbers: number[] = [];
  readonly values: B[] = [];

  /** Place of the bucket; added with `empty` where it is new. -1 where it is older than all, and there is no room. */
  place(bucket: number, empty: () => B, capacity: number): number {
    const { numbers, values } = this;
    let at = numbers.length;
    // nearly always the last one, or one behind it
    while (at > 0 && numbers[at - 1] > bucket) at--;
    if (at > 0 && numbers[at - 1] === bucket) return at - 1;
    if (numbers.length >= capacity) {
      if (at === 0) return -1;
      numbers.shift();
      values.shift();
      at--;
    }
    if (at === numbers.length) {
      numbers.push(bucket);
      values.push(empty());
    } else {
      numbers.splice(at, 0, bucket);
      values.splice(at, 0, empty());
    }
    return at;
  }

  /** Forgets the buckets before that one. */
  expire(before: number): void {
    const { numbers, values } = this;
    let count = 0;
    while (count < numbers.length && numbers[count] < before) count++;
    if (count === 0) return;
    numbers.splice(0, count);
    values.splice(0, count);
  }
}
