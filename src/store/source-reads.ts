/**
 * What a store is asked about where lines come from: when each service or host was heard of, and in what rhythm. Part of the
 * storage port.
 */
import type { Completeness, ReadOptions, TimeRange } from './log-store.ts';

export interface SourceQuery {
  readonly tenant: string;
  readonly range: TimeRange;
  /** Services as a whole, which the roll-up knows, or each host of each service, which rows tell. */
  readonly by: 'service' | 'host';
  /** The busiest so many. */
  readonly maxSources: number;
}

/** Times are whole minutes: the begin of the minute in which a line was. */
export interface SourceActivity {
  readonly service: string;
  /** Empty where services are asked for. */
  readonly host: string;
  readonly lineCount: number;
  readonly firstMinuteMs: number;
  readonly lastMinuteMs: number;
  /** Minutes that had a line. */
  readonly activeMinutes: number;
  /** Minutes from one active minute to the next that 95 of 100 such gaps do not exceed; 0 where there is no gap. */
  readonly usualGapMinutes: number;
}

export interface SourcesAnswer extends Completeness {
  /** By service and host. */
  readonly sources: readonly SourceActivity[];
  /** There are more than `maxSources`. */
  readonly truncated: boolean;
}

export interface SourceReads {
  sourceActivity(query: SourceQuery, options: ReadOptions): Promise<SourcesAnswer>;
}
