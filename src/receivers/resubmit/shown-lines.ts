/** Rows of a batch that goes nowhere, as the lines that they would be. */
import type { OpenBatch } from '#ingest/intake.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';

export type ShownLine = Readonly<Record<string, unknown>>;

/** Empties the batch; a line for each of its rows. */
export function shownLines({ rows, tenant }: OpenBatch, nowMs: number): ShownLine[] {
  if (rows.rowCount === 0) return [];
  const view = readNativeBlock(rows.finish({ tenant, receivedMs: nowMs, origin: 0, seq: 0, maxClockSkewMs: Number.MAX_SAFE_INTEGER }));
  return Array.from({ length: view.rowCount }, (_, row) => {
    const { tsNs, level, service, host, traceId, message, attributes } = lineOfRow(view, row);
    const metadata = Object.fromEntries(attributes.names.map((name, i) => [name, attributes.values[i]]));
    return { timestamp: formatTimestamp(tsNs), level: severityName(level), service, host, trace_id: traceId, message, metadata };
  });
}
