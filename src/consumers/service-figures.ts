/** The metrics cache as its readers see it: api/ shows it. Implemented in consumers/service-metrics/. */

/** Figures of one service over some time. */
export interface ServiceFigures {
  /** Lines, each weighted by 1 / sample_rate. */
  readonly lines: number;
  readonly linesPerSecond: number;
  /** Share of lines of level ERROR and above. */
  readonly errorRate: number;
  /** Lines that have a duration, and its quantiles in milliseconds, right to 1 %; null where none has. */
  readonly measured: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface ServiceMinute extends ServiceFigures {
  /** Begin of the minute. */
  readonly timeMs: number;
}

export interface ServiceSeries extends ServiceFigures {
  readonly service: string;
  /** Only where one service was asked for, oldest first; minutes without lines are left out. */
  readonly minutes?: readonly ServiceMinute[];
}

export interface ServiceFiguresAnswer {
  readonly services: readonly ServiceSeries[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Figures are whole from here on: before, the log was not read, or lines were passed over. */
  readonly wholeSinceMs: number;
}

export interface ServiceMetricsReads {
  /** The tenant's services by lines, most first, or the one that is named; over whole minutes and the one that runs. */
  read(tenant: string, query: { readonly service?: string; readonly lastMs: number }): ServiceFiguresAnswer;
  /** How far back figures are kept. */
  readonly retentionMs: number;
}
