/**
 * Keeps records that could not be taken, in bounds of size and age, and sends them through ingestion again on demand.
 *
 * A replay marks the records, sends them, and marks what came of it. Where the answer never came (a crash between), the
 * lines themselves tell at the next start: each carries its record's id as the attribute `replayed_from`. So a record
 * becomes a line at most once.
 */
import { AppError } from '#base/errors.ts';
import type { QuarantineConfig } from '#ingest/quarantine-config.ts';
import type { Frame } from '#log/durable-log.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { Quarantine, QuarantineFilter, QuarantinedRecord, ReplayRequest, ReplayedRecord } from '#consumers/quarantined-records.ts';
import type { QuarantineDatabase } from './quarantine-database.ts';

/** One record on its way back through ingestion, with all that reading it again needs. */
export interface Resubmission
  extends Pick<QuarantinedRecord, 'id' | 'receiver' | 'sender' | 'format' | 'context' | 'receivedMs' | 'bytes'> {
  /** The bytes are not those that were kept. */
  readonly isEdited: boolean;
}

/**
 * The way into ingestion: resolves when what became a line is durable. Rejects with AppError where nothing was taken, with
 * anything else where that is not known.
 */
export type Resubmit = (tenant: string, records: readonly Resubmission[], preview: boolean) => Promise<readonly ReplayedRecord[]>;

export interface QuarantineOptions {
  readonly database: QuarantineDatabase;
  readonly incarnation: number;
  readonly config: QuarantineConfig;
  readonly resubmit: Resubmit;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class QuarantineKeeper implements Quarantine {
  readonly #options: QuarantineOptions;
  /** Replays run one behind the other, so that two requests cannot take the same record. */
  #lastReplay: Promise<unknown> = Promise.resolve();

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** Takes frames of the log; the frames are borrowed. Durable when it returns. */
  take(frames: readonly Frame[]): void {
    this.#options.database.take(this.#options.incarnation, frames);
    this.expire();
  }

  /** Removes what is over the bounds. */
  expire(): void {
    const { database, config, clock, logger } = this.#options;
    const removed = database.expire(clock.nowMs() - config.max_age, config.max_bytes);
    if (removed > 0) logger.info({ removed }, 'quarantined records over quarantine.max_age or quarantine.max_bytes were removed');
  }

  find: Quarantine['find'] = (filter, limit, after) => this.#options.database.find(filter, limit, after);

  totals: Quarantine['totals'] = () => this.#options.database.totals();

  replay(request: ReplayRequest): Promise<readonly ReplayedRecord[]> {
    const replay = this.#lastReplay.then(() => this.#replay(request));
    this.#lastReplay = replay.catch(() => undefined);
    return replay;
  }

  /** Finds out what became of replays that were never answered. `countOf`: lines with this `replayed_from`. */
  async settle(countOf: (tenant: string, id: string) => Promise<number>): Promise<void> {
    const { database, clock, logger } = this.#options;
    for (const { id, tenant } of database.unanswered()) {
      const isLine = (await countOf(tenant, id)) > 0;
      database.setState([id], isLine ? 'replayed' : 'waiting', isLine ? clock.nowMs() : undefined);
      logger.info({ id, isLine }, 'a replay of a quarantined record had not been answered; its line was looked for');
    }
  }

  async #replay({ filter, preview, edits, limit }: ReplayRequest): Promise<readonly ReplayedRecord[]> {
    const { database, clock, resubmit } = this.#options;
    const waiting: QuarantineFilter = { ...filter, state: 'waiting' };
    const records = database.oldest(waiting, limit);
    if (records.length === 0) return [];
    const whole = records.filter(({ id, bytes, length }) => bytes.length === length || edits.has(id));
    const cut = records.filter((record) => !whole.includes(record)).map(({ id }) => cutRecord(id));
    const resubmissions = whole.map((record) => resubmissionOf(record, edits.get(record.id)));
    if (preview) return [...(await resubmit(filter.tenant, resubmissions, true)), ...cut];
    const ids = whole.map(({ id }) => id);
    database.setState(ids, 'replaying');
    const results = await resubmit(filter.tenant, resubmissions, false).catch((thrown: unknown) => {
      // a refusal is an answer: nothing was taken
      if (thrown instanceof AppError) database.setState(ids, 'waiting');
      throw thrown;
    });
    const failed = new Set(results.filter(({ problem }) => problem !== undefined).map(({ id }) => id));
    database.setState([...failed], 'waiting');
    database.setState(
      ids.filter((id) => !failed.has(id)),
      'replayed',
      clock.nowMs(),
    );
    return [...results, ...cut];
  }
}

function resubmissionOf(record: QuarantinedRecord, edit: Uint8Array | undefined): Resubmission {
  const { id, receiver, sender, format, context, receivedMs, bytes } = record;
  return { id, receiver, sender, format, context, receivedMs, bytes: edit ?? bytes, isEdited: edit !== undefined };
}

function cutRecord(id: string): ReplayedRecord {
  const message = 'only the beginning of the record was kept (quarantine.max_record_bytes); give it whole in "edits"';
  return { id, problem: { code: 'record_too_large', message } };
}
