/**
 * The longest pause that is usual for a sender, learned from the pauses that it made.
 *
 * Of each hour in which lines came, the longest pause that ended in it is kept, as a weight in a bucket of similar lengths;
 * what is older weighs half as much each week. Usual is the length that all but 2 % of the hours keep to. So a sender of
 * bursts is known by the pauses between them, one that sends each night by the pause of a day, and a failure of some hours,
 * being one hour among hundreds, changes nothing. Which pause is looked at per hour and not per line is the point: a
 * quantile over all pauses of a sender of bursts would be the distance within a burst.
 */

export const hourMs = 3_600_000;
const halfLifeHours = 168;
/** Share of hours with longer pauses that are not usual. */
const unusualShare = 0.02;
/** Lengths within 15 % are one: an error that `factor` covers. */
const bucketRatio = Math.log(1.15);
/** Pauses of more than 60 days are of one kind. */
const maxPauseMs = 60 * 24 * hourMs;
/** Relative weight below which an hour is forgotten. */
const forgottenShare = 1e-6;

const bucketOf = (pauseMs: number): number => Math.ceil(Math.log(Math.min(Math.max(pauseMs, 1), maxPauseMs)) / bucketRatio);
const longestOf = (bucket: number): number => Math.exp(bucket * bucketRatio);

export type SavedPause = readonly [firstHour: number, hour: number, longestMs: number, ...weights: number[]];

export class UsualPause {
  /** Bucket → weight, relative to the first hour. */
  readonly #weights = new Map<number, number>();
  #firstHour = Number.NaN;
  #hour = Number.NaN;
  /** Of the hour that is not over. */
  #longestMs = 0;
  #usualMs: number | undefined = 0;

  /** A pause that ended at that time. */
  record(pauseMs: number, atMs: number): void {
    const hour = Math.floor(atMs / hourMs);
    if (Number.isNaN(this.#hour)) this.#firstHour = this.#hour = hour;
    // an hour back is the disorder of shards, more is a clock that was set
    if (hour > this.#hour || hour < this.#hour - 1) this.#closeHour(hour);
    if (pauseMs <= this.#longestMs) return;
    this.#longestMs = pauseMs;
    this.#usualMs = undefined;
  }

  /** 0 where nothing is known. */
  get usualMs(): number {
    return (this.#usualMs ??= this.#findUsual());
  }

  get bytes(): number {
    return 100 + this.#weights.size * 40;
  }

  save(): SavedPause {
    return [this.#firstHour, this.#hour, this.#longestMs, ...[...this.#weights].flat()];
  }

  static restore([firstHour, hour, longestMs, ...weights]: SavedPause): UsualPause {
    const pause = new UsualPause();
    // JSON has no NaN
    pause.#firstHour = firstHour ?? Number.NaN;
    pause.#hour = hour ?? Number.NaN;
    pause.#longestMs = longestMs;
    for (let i = 0; i + 1 < weights.length; i += 2) pause.#weights.set(weights[i], weights[i + 1]);
    pause.#usualMs = undefined;
    return pause;
  }

  #weightOf(hour: number): number {
    return 2 ** ((hour - this.#firstHour) / halfLifeHours);
  }

  #closeHour(next: number): void {
    const weight = this.#weightOf(this.#hour);
    if (this.#longestMs > 0) {
      const bucket = bucketOf(this.#longestMs);
      this.#weights.set(bucket, (this.#weights.get(bucket) ?? 0) + weight);
    }
    for (const [bucket, held] of this.#weights) if (held < weight * forgottenShare) this.#weights.delete(bucket);
    this.#hour = next;
    this.#longestMs = 0;
    this.#usualMs = undefined;
  }

  #findUsual(): number {
    const hours = [...this.#weights];
    if (this.#longestMs > 0) hours.push([bucketOf(this.#longestMs), this.#weightOf(this.#hour)]);
    let total = 0;
    for (const [, weight] of hours) total += weight;
    let above = 0;
    let usual = 0;
    for (const [bucket, weight] of hours.toSorted(([a], [b]) => b - a)) {
      usual = longestOf(bucket);
      above += weight;
      if (above > total * unusualShare) break;
    }
    return usual;
  }
}
