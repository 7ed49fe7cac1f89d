/**
 * The time that a shipper gave a line, against one that the line itself says. Mostly that of the line is nearer to the
 * event, since the shipper's is when it read the line. But one of whole seconds, without a year and a zone (RFC 3164, or a
 * time of day alone), says less than a shipper's that has a fraction, where both can mean the same moment.
 */

/** So far apart they are taken for one moment. */
const sameMomentSeconds = 60;
/** Zones lie on the quarters of an hour, at most this far from each other. */
const quarterSeconds = 900;
const maxOffsetSeconds = 26 * 3600;
/** What a line without its zone may be late; a longer time would take old lines, read in a row, for new ones. */
const maxDelaySeconds = 2;
/** Below it, a fraction of a second may be that of the arithmetic. */
const leastFraction = 1e-6;

export class SenderTime {
  /** Nanoseconds since 1970 in two unsigned words. */
  high = 0;
  low = 0;
  /** With a fraction; NaN where the sender gave no time, or one of whole seconds. */
  #seconds = NaN;

  /** The time of the line at hand. */
  take(high: number, low: number): void {
    const seconds = secondsOf(high, low);
    this.high = high;
    this.low = low;
    this.#seconds = Math.abs(seconds - Math.round(seconds)) < leastFraction ? NaN : seconds;
  }

  /** The line at hand has none that anything in it might replace. */
  forget(): void {
    this.#seconds = NaN;
  }

  /** Whether it says more precisely what a time of whole seconds, with a zone and a year that were guessed, may mean. */
  isBetterThan(high: number, low: number): boolean {
    const lateSeconds = this.#seconds - secondsOf(high, low);
    if (Math.abs(lateSeconds) < sameMomentSeconds) return true;
    const offset = Math.floor(lateSeconds / quarterSeconds) * quarterSeconds;
    return Math.abs(offset) <= maxOffsetSeconds && lateSeconds - offset < maxDelaySeconds;
  }
}

/** Exact to less than a microsecond. */
function secondsOf(high: number, low: number): number {
  return high * 4.294967296 + low / 1e9;
}
