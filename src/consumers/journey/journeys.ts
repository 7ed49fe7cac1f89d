/**
 * The journey of a line and of a batch, put together from what is durable: the id, which is a place in the log; the frame there,
 * while the log keeps it; and the row in the store. What neither can tell is said to be unknown.
 */
import { AppError } from '#base/errors.ts';
import { formatLineId, maxShards, originOf, parseLineId, shardOfOrigin } from '#base/ids.ts';
import type { LineIdParts } from '#base/ids.ts';
import { receiverOfCode } from '#ingest/receiver-codes.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { DurableLog, Frame, LogPosition } from '#log/durable-log.ts';
import { readNativeBlock } from '#model/native-block.ts';
import type { LinePlacement, PlacementReads } from '#store/placement-reads.ts';
import type { ReadOptions } from '#store/log-store.ts';
import type { BatchFrame, BatchJourney, BatchLine, LineJourney, LineJourneys, LineState, LogPlace } from '../line-journeys.ts';
import type { JourneyConfig } from './config.ts';

export interface JourneysOptions {
  readonly log: Pick<DurableLog, 'incarnation' | 'shards' | 'openReader' | 'positionAt'>;
  readonly store: PlacementReads;
  /** Up to where the log was given to the store. */
  readonly indexed: () => LogPosition;
  readonly config: JourneyConfig;
}

interface FoundFrame {
  readonly frame: BatchFrame;
  /** Its lines: ids by row, with their event times. */
  readonly rows: readonly { readonly rowNo: number; readonly id: string; readonly tsNs: bigint }[];
}

const readBytes = 4 * 2 ** 20;
const nsPerMs = 1_000_000n;
const placePattern = /^(\d{1,6})\.(\d{1,2})\.(\d{1,11})$/;

export class Journeys implements LineJourneys {
  readonly #options: JourneysOptions;

  constructor(options: JourneysOptions) {
    this.#options = options;
  }

  async ofLine(tenant: string, id: string, options: ReadOptions): Promise<LineJourney> {
    const parts = id.length <= 64 ? parseLineId(id) : undefined;
    if (parts === undefined) throw new AppError('not_found', 'this is not the id of a line');
    const { tsMs, origin, seq, rowNo } = parts;
    const place = { ...placeOf(parts), rowNo };
    const range = { fromNs: BigInt(tsMs) * nsPerMs, toNs: BigInt(tsMs + 1) * nsPerMs };
    const found = await this.#frameAt(tenant, place);
    const { lines, reason } = await this.#options.store.placements({ tenant, origin, seq, rowNo, range }, options);
    const [placement] = lines;
    const told = { place, ...(typeof found === 'object' ? { frame: found.frame } : {}), ...(reason ? { reason } : {}) };
    if (placement !== undefined) return { ...told, state: 'searchable', isCertain: true, placement };
    const isInFrame = typeof found === 'object' && found.rows.some((row) => row.rowNo === rowNo && row.id === id.toLowerCase());
    if (!isInFrame && found !== 'trimmed') throw new AppError('not_found', `no line with the id "${id}" was acknowledged here`);
    return { ...told, state: this.#isIndexed(place) || found === 'trimmed' ? 'removed' : 'waiting', isCertain: isInFrame };
  }

  async ofBatch(tenant: string, id: string, fromMs: number, options: ReadOptions): Promise<readonly BatchJourney[]> {
    const place = placePattern.exec(id);
    if (place !== null) {
      const [incarnation, shard, sequence] = place.slice(1).map(Number);
      const found = await this.#frameAt(tenant, { incarnation, shard, sequence });
      if (typeof found === 'object') return [await this.#journeyOf(tenant, found, options)];
      throw found === 'trimmed' ? this.#noLongerThere(id) : new AppError('not_found', `there is no batch "${id}"`);
    }
    const frames = await this.#framesOfSender(tenant, id, fromMs);
    if (frames.length === 0) throw this.#noLongerThere(id, fromMs);
    return Promise.all(frames.map((found) => this.#journeyOf(tenant, found, options)));
  }

  async #journeyOf(tenant: string, { frame, rows }: FoundFrame, options: ReadOptions): Promise<BatchJourney> {
    const counts: Record<LineState, number> = { searchable: 0, waiting: 0, removed: 0 };
    if (rows.length === 0) return { frame, lines: [], counts };
    const times = rows.map(({ tsNs }) => tsNs);
    const [first, last] = [times.reduce((a, b) => (a < b ? a : b)), times.reduce((a, b) => (a > b ? a : b))];
    const origin = originOf(frame.incarnation, frame.shard);
    const query = { tenant, origin, seq: frame.sequence, range: { fromNs: first, toNs: last + 1n } };
    const { lines: placed, reason } = await this.#options.store.placements(query, options);
    const byRow = new Map(placed.map((placement) => [placement.rowNo, placement]));
    const absent: LineState = this.#isIndexed(frame) ? 'removed' : 'waiting';
    const lines = rows.map(({ rowNo, id }) => batchLine(rowNo, id, byRow.get(rowNo), absent));
    for (const { state } of lines) counts[state]++;
    return { frame, lines: lines.slice(0, this.#options.config.max_lines), counts, ...(reason ? { reason } : {}) };
  }

  /** Its frame; or `trimmed`, where the log no longer has it; or `none`, where there never was one of the tenant. */
  async #frameAt(tenant: string, place: LogPlace): Promise<FoundFrame | 'trimmed' | 'none'> {
    const { log } = this.#options;
    if (place.incarnation < log.incarnation) return 'trimmed';
    const status = log.shards().find(({ shard }) => shard === place.shard);
    if (place.incarnation !== log.incarnation || status === undefined || place.sequence >= status.end.sequence) return 'none';
    if (place.sequence < status.first) return 'trimmed';
    const reader = await log.openReader(place.shard, place.sequence);
    try {
      const [frame] = await reader.read(1);
      if (frame === undefined || frame.sequence !== place.sequence) return 'trimmed';
      return frame.tenant === tenant && frame.kind === frameKinds.logs ? foundFrame(log.incarnation, frame) : 'none';
    } finally {
      await reader.close();
    }
  }

  /** Bounded in bytes, newest time first would need an index that nobody else needs. */
  async #framesOfSender(tenant: string, batchId: string, fromMs: number): Promise<FoundFrame[]> {
    const { log, config } = this.#options;
    const found: FoundFrame[] = [];
    let scannedBytes = 0;
    for (const [shard, sequence] of await log.positionAt(fromMs)) {
      const reader = await log.openReader(shard, sequence);
      try {
        for (let frames = await reader.read(readBytes); frames.length > 0; frames = await reader.read(readBytes)) {
          for (const frame of frames) {
            scannedBytes += frame.payload.length;
            if (frame.tenant === tenant && frame.batchId === batchId && frame.kind === frameKinds.logs)
              found.push(foundFrame(log.incarnation, frame));
          }
          if (scannedBytes > config.max_scanned_bytes) throw tooMuchLog(config.max_scanned_bytes);
        }
      } finally {
        await reader.close();
      }
    }
    return found.sort((a, b) => a.frame.receivedMs - b.frame.receivedMs);
  }

  #isIndexed({ shard, sequence }: LogPlace): boolean {
    return sequence < (this.#options.indexed().get(shard) ?? 0);
  }

  #noLongerThere(id: string, fromMs?: number): AppError {
    const oldest = this.#options.log.shards().flatMap(({ oldestReceivedMs }) => (oldestReceivedMs === undefined ? [] : [oldestReceivedMs]));
    const since = oldest.length === 0 ? null : new Date(Math.min(...oldest)).toISOString();
    const searched = fromMs === undefined ? {} : { searched_from: new Date(fromMs).toISOString() };
    return new AppError('not_found', `the log has no batch "${id}"${fromMs === undefined ? ' any more' : ' in that time'}`, {
      details: { log_kept_since: since, ...searched },
    });
  }
}

function batchLine(rowNo: number, id: string, placement: LinePlacement | undefined, absent: LineState): BatchLine {
  return placement === undefined ? { rowNo, id, state: absent } : { rowNo, id, state: 'searchable', placement };
}

const placeOf = ({ origin, seq }: LineIdParts): LogPlace => ({
  incarnation: Math.floor(origin / maxShards),
  shard: shardOfOrigin(origin),
  sequence: seq,
});

/** Decoded at once, for the payload is borrowed. */
function foundFrame(
  incarnation: number,
  { shard, sequence, receivedMs, receiver, batchId, rowCount, outcomes, payload }: Frame,
): FoundFrame {
  const name = receiverOfCode(receiver);
  const frame: BatchFrame = {
    ...{ incarnation, shard, sequence, receivedMs, outcomes, lineCount: rowCount },
    ...(name === undefined ? {} : { receiver: name }),
    ...(batchId === undefined ? {} : { batchId }),
  };
  if (rowCount === 0) return { frame, rows: [] };
  const view = readNativeBlock(payload);
  const rows = Array.from({ length: rowCount }, (_, row) => {
    const [tsNs, rowNo] = [view.ts[row], view.rowNo[row]];
    return { id: formatLineId({ tsMs: Number(tsNs / nsPerMs), origin: view.origin[row], seq: Number(view.seq[row]), rowNo }), tsNs, rowNo };
  });
  return { frame, rows };
}

function tooMuchLog(maxBytes: number): AppError {
  return new AppError(
    'limit_exceeded',
    `the batch was not found in the first ${maxBytes} bytes of the log since then; give a later "from"`,
    {
      details: { setting: 'journey.max_scanned_bytes', limit: maxBytes },
    },
  );
}
