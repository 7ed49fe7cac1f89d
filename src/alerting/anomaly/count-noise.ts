/**
 * How far a figure lies from what was expected, in standard deviations of what is usual. Pure; called by season.ts.
 *
 * Counts vary by chance (Poisson) and with the ways of their service (a share of the level): variance = mean + spread² ·
 * mean², as a negative binomial has it. They are compared on the scale on which that variance is 1 everywhere (Anscombe,
 * "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35, 1948), so that three lines instead
 * of one are nothing, and none instead of a hundred are much.
 */

/** Of Anscombe: takes the bias out of small counts. */
const offset = 3 / 8;

/** Count on the scale where its deviation is 1. `spread`: relative deviation of the mean itself; above 0. */
export const steadied = (count: number, spread: number): number =>
  (2 / spread) * Math.asinh(spread * Math.sqrt(Math.max(0, count) + offset));

/** Deviations between a count and its mean; negative where it is less. `grain`: lines that one kept line stands for (sampling). */
export const countDeviation = (count: number, mean: number, spread: number, grain = 1): number =>
  steadied(count / grain, spread) - steadied(mean / grain, spread);

/**
 * Deviations between two magnitudes above 0 (milliseconds, say) on a logarithmic scale. A quantile of few measurements
 * strays more: by about `quantileNoise / sqrt(measured)`.
 */
const quantileNoise = 1.5;
export const magnitudeDeviation = (value: number, usual: number, spread: number, measured: number): number =>
  Math.log(value / usual) / Math.sqrt(spread * spread + (quantileNoise * quantileNoise) / Math.max(1, measured));
