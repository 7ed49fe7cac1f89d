/** What the canary publishes for Prometheus. */
import type { MetricSpec, Metrics } from '#platform/metrics.ts';
import type { Canary } from './canary.ts';

/** Upper bounds of its delays, seconds. */
export const canaryDelayBounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30];

const delay = (name: string, help: string): MetricSpec => ({ name, kind: 'histogram', help, buckets: canaryDelayBounds });

export const canaryAckSeconds = delay('millrace_canary_ack_seconds', 'From sending a line of the canary to its acknowledgement.');
export const canaryTailSeconds = delay('millrace_canary_tail_seconds', 'From sending a line of the canary to its arrival in live tail.');
export const canarySearchSeconds = delay('millrace_canary_search_seconds', 'From sending a line of the canary until search finds it.');
export const canaryProblems = {
  name: 'millrace_canary_problems_total',
  kind: 'counter',
  help: 'Lines of the canary that failed, or were missing or doubled in live tail or search.',
  labels: ['problem'],
} satisfies MetricSpec;
export const canaryRounds = {
  name: 'millrace_canary_rounds_total',
  kind: 'counter',
  help: 'Lines that the canary sent.',
} satisfies MetricSpec;

export function registerCanaryMetrics(metrics: Metrics, { delays, counts }: Canary): void {
  const histograms = [
    [canaryAckSeconds, delays.ack],
    [canaryTailSeconds, delays.tail],
    [canarySearchSeconds, delays.search],
  ] as const;
  for (const [spec, measured] of histograms)
    metrics.readHistogramAtScrape(spec, () => [{ counts: measured.bucketCounts, sum: measured.sumSeconds }]);
  metrics.readAtScrape(canaryRounds, () => [{ value: counts.rounds }]);
  const { rounds: _, ...problems } = counts;
  metrics.readAtScrape(canaryProblems, () =>
    Object.keys(problems).map((problem) => ({ value: counts[problem as keyof typeof problems], labels: { problem } })),
  );
}
