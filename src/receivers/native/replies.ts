/** The answers of the three designs' ingest endpoints (api.md), rendered from the same outcome. Pure. */
import { failedCount, takenCount } from '#ingest/outcomes.ts';
import type { LagHint } from '#ingest/pressure.ts';
import type { RecordError } from '#model/record-errors.ts';
import type { OutcomeCounts } from '#log/durable-log.ts';

export interface IngestAnswer {
  readonly outcomes: OutcomeCounts;
  /** The first of the refused records; `outcomes` counts them all. */
  readonly errors: readonly RecordError[];
  readonly lagHint: LagHint;
}

export type RenderReply = (answer: IngestAnswer) => string;

const withErrors = (reply: Record<string, unknown>, errors: readonly RecordError[]): string =>
  JSON.stringify(errors.length === 0 ? reply : { ...reply, errors });

/** A: `{"ingested":150,"failed":0}` */
export const renderReplyA: RenderReply = ({ outcomes, errors }) =>
  withErrors({ ingested: takenCount(outcomes), failed: failedCount(outcomes) }, errors);

/** B: `{"accepted":1,"failed":0}` */
export const renderReplyB: RenderReply = ({ outcomes, errors }) =>
  withErrors({ accepted: takenCount(outcomes), failed: failedCount(outcomes) }, errors);

/** C: `{"accepted":1000,"failed":0,"lag_hint":"normal"}` */
export const renderReplyC: RenderReply = ({ outcomes, errors, lagHint }) =>
  withErrors({ accepted: takenCount(outcomes), failed: failedCount(outcomes), lag_hint: lagHint }, errors);
