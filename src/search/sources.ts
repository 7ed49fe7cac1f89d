/**
 * Where lines come from, when each source was last heard of, and which have gone silent against their own rhythm: the list of
 * those that one would expect and that are missing, which nobody has to write down.
 */
import { nsPerMs } from '#base/instant.ts';
import type { SourceActivity, SourceReads } from '#store/source-reads.ts';
import { completenessOf, plainRange } from './query-runner.ts';
import type { Answer, QueryRunner, Searcher } from './query-runner.ts';
import type { ResolvedRange, TimeRangeSpec } from './time-range.ts';

export interface SourceParts {
  readonly runner: QueryRunner;
  readonly store: SourceReads;
}

/**
 * - `reporting`: heard of within its rhythm
 * - `silent`: not heard of for much longer than is usual for it
 * - `replaced`: a host that ended when another one of its service began, as by a deployment
 * - `rare`: heard of too seldom to have a rhythm
 */
export type SourceState = 'reporting' | 'silent' | 'replaced' | 'rare';

export interface Source extends SourceActivity {
  readonly state: SourceState;
  /** Silence beyond this counts; undefined for sources without a rhythm. */
  readonly expectedWithinMs: number | undefined;
}

export interface SourcesReport extends Answer {
  readonly services: readonly Source[];
  readonly hosts: readonly Source[];
  /** What hosts are told of: less than the whole range where there are very many lines. */
  readonly hostRange: ResolvedRange;
  /** Only the busiest are listed. */
  readonly truncated: boolean;
}

const minuteMs = 60_000;
/** A rhythm needs so many active minutes. */
const leastActiveMinutes = 5;
/** Silence is this many times the usual gap, and never less than three minutes. */
const patience = 3;
const leastSilenceMs = 3 * minuteMs;
/** How near a newcomer's first line is to the last one of the host that it replaces. */
const replacementMs = 10 * minuteMs;
const maxSources = 5000;
const defaultRange: TimeRangeSpec = { last: '24h' };

/** AppError as `SearchService.aggregate`. */
export function readSources({ runner, store }: SourceParts, timeRange: TimeRangeSpec | undefined, searcher: Searcher, signal: AbortSignal) {
  return runner.measured('aggregate', async (startedMs): Promise<SourcesReport> => {
    const range = await runner.resolveRange({ timeRange: timeRange ?? defaultRange }, 'now', searcher);
    const { tenant } = searcher;
    const where = { kind: 'all' } as const;
    const read = (by: 'service' | 'host', over: ResolvedRange) =>
      runner.admitted(
        searcher,
        signal,
        (_, options) => store.sourceActivity({ tenant, range: plainRange(over), by, maxSources }, options),
        {
          kind: 'aggregate',
          where,
          range: plainRange(over),
          ...(by === 'service'
            ? { groupBy: ['service'], metric: { kind: 'count' } }
            : { groupBy: ['service', 'host'], metric: { kind: 'count' } }),
        },
      );
    const services = await read('service', range);
    const lines = services.sources.reduce((sum, { lineCount }) => sum + lineCount, 0);
    const hostRange = lastPart(range, runner.config.max_scanned_rows / Math.max(1, lines));
    const hosts = await read('host', hostRange);
    const nowMs = Number(range.toNs / nsPerMs);
    return {
      services: services.sources.map((source) => judged(source, nowMs, [])),
      hosts: hosts.sources.map((source) => judged(source, nowMs, hosts.sources)),
      hostRange,
      truncated: services.truncated || hosts.truncated,
      ...completenessOf(services, hosts),
      range,
      scannedRows: services.scannedRows + hosts.scannedRows,
      tookMs: runner.elapsedMs(startedMs),
    };
  });
}

/** The newest share of a range. */
function lastPart(range: ResolvedRange, share: number): ResolvedRange {
  if (share >= 1) return range;
  const width = BigInt(Math.round(Number((range.toNs - range.fromNs) / nsPerMs) * share)) * nsPerMs;
  return { ...range, fromNs: range.toNs - width };
}

/** Whether a source is where it should be; `siblings` are those that may have taken its place. Pure. */
export function judged(source: SourceActivity, nowMs: number, siblings: readonly SourceActivity[]): Source {
  const silenceMs = nowMs - (source.lastMinuteMs + minuteMs);
  if (source.activeMinutes < leastActiveMinutes) {
    return { ...source, state: silenceMs <= leastSilenceMs ? 'reporting' : 'rare', expectedWithinMs: undefined };
  }
  const expectedWithinMs = Math.max(leastSilenceMs, patience * source.usualGapMinutes * minuteMs);
  if (silenceMs <= expectedWithinMs) return { ...source, state: 'reporting', expectedWithinMs };
  const isReplaced = siblings.some(
    ({ service, host, firstMinuteMs, lastMinuteMs }) =>
      service === source.service &&
      host !== source.host &&
      Math.abs(firstMinuteMs - source.lastMinuteMs) <= replacementMs &&
      lastMinuteMs > source.lastMinuteMs,
  );
  return { ...source, state: isReplaced ? 'replaced' : 'silent', expectedWithinMs };
}
