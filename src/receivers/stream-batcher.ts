/**
 * Gathers records of many connections or datagrams into batches, for protocols that send them one by one (syslog, GELF).
 *
 * A worker has one batch builder, which must be opened, filled and submitted without a pause. So the bytes of records are
 * kept as they came, and decoded when the batch is cut: at `maxRecords`, `maxBytes` or `maxDelayMs`, whatever is first.
 * They stay here until their batch is durable, and a batch that the log refuses is decoded and submitted again later.
 *
 * Invariants: nothing that `add` took is lost while the process runs; what is held stays within `maxHeldBytes` and the
 * worker's byte budget, beyond which `add` takes nothing. One instance per tenant and receiver in each worker.
 */
import { maxRowsPerBatch } from '#base/ids.ts';
import { AppError, toAppError } from '#base/errors.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import type { ByteReservation } from './byte-budget.ts';
import type { KeptRecord, ReceiverListener } from './receiver.ts';
import { StreamDecoder } from './stream-decoder.ts';
import type { RecordBytes, StreamDecoderOptions } from './stream-decoder.ts';

export interface StreamBatcherOptions extends StreamDecoderOptions {
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly maxDelayMs: number;
  /** Bound of all that is not yet durable. */
  readonly maxHeldBytes: number;
}

/** Memory that a batch begins with; it doubles up to `maxBytes`. */
const firstBytes = 64 * 1024;
/** Pause after a refusal that does not say how long. */
const retryAfterMs = 1000;
/** How soon to look again where others hold the budget. */
const roomCheckMs = 50;

/** Records as they came, one behind the other. */
class GatheredRecords implements RecordBytes {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  readonly ends: number[] = [];
  readonly peers: string[] = [];
  readonly openedMs: number;
  readonly done = Promise.withResolvers<void>();

  constructor(bytes: Uint8Array<ArrayBuffer>, openedMs: number) {
    this.bytes = bytes;
    this.openedMs = openedMs;
    // who waits for it hears of a failure; where nobody does, it is counted
    this.done.promise.catch(() => undefined);
  }
}

export class StreamBatcher {
  readonly #options: StreamBatcherOptions;
  readonly #decoder: StreamDecoder;
  readonly #maxRecords: number;
  readonly #reservation: ByteReservation;
  readonly #stopped = new AbortController();
  /** Gathering now; undefined before its first record. */
  #open: GatheredRecords | undefined;
  /** Cut and not durable yet. */
  readonly #inFlight = new Set<GatheredRecords>();
  #heldBytes = 0;
  /** Memory of a finished batch, for the next one. */
  #spare: Uint8Array<ArrayBuffer> | undefined;
  /** Settles when the next batch is durable. */
  #room = Promise.withResolvers<void>();
  #isTimerRunning = false;
  /** While the log refuses, nothing is submitted. */
  #pause: Promise<void> | undefined;

  constructor(options: StreamBatcherOptions) {
    this.#options = options;
    this.#decoder = new StreamDecoder(options);
    this.#maxRecords = Math.min(options.maxRecords, options.context.ingestConfig.max_records, maxRowsPerBatch);
    this.#reservation = options.context.budget.reserve();
  }

  /** Takes a copy of the record `start .. end`; false where there is no room for it now: then it was not taken. */
  add(source: Uint8Array, start: number, end: number, peer: string): boolean {
    const length = end - start;
    let open = this.#open;
    if (open !== undefined && open.length > 0 && open.length + length > this.#options.maxBytes) {
      this.#cut();
      open = undefined;
    }
    open ??= this.#begin(length);
    if (open === undefined || (open.length + length > open.bytes.length && !this.#grow(open, open.length + length))) return false;
    open.bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), open.length);
    open.length += length;
    open.ends.push(open.length);
    open.peers.push(peer);
    if (open.ends.length >= this.#maxRecords || open.length >= this.#options.maxBytes) this.#cut();
    return true;
  }

  /** Resolves when `add` may be tried again. @throws AppError shutting_down */
  async whenRoom(): Promise<void> {
    const { context } = this.#options;
    if (this.#stopped.signal.aborted) throw shuttingDown();
    // with nothing of its own on the way, the room is taken by other receivers of the worker
    if (this.#inFlight.size > 0) await this.#room.promise;
    else await context.clock.sleep(roomCheckMs, this.#stopped.signal);
    if (this.#stopped.signal.aborted) throw shuttingDown();
  }

  /** Resolves when everything added so far is durable; rejects where the process stopped before. */
  async durable(): Promise<void> {
    const pending = [...this.#inFlight];
    if (this.#open !== undefined) pending.push(this.#open);
    await Promise.all(pending.map(({ done }) => done.promise));
  }

  /** Decodes a record that was kept from an earlier batch. */
  decodeKept(record: KeptRecord, batch: OpenBatch): void {
    this.#decoder.decodeKept(record, batch);
  }

  /** Submits what was gathered, and waits for it at most this long; what the log has not taken then is lost and counted. */
  async stop(timeoutMs: number): Promise<void> {
    const { context, receiver } = this.#options;
    this.#cut();
    const timedOut = new AbortController();
    await Promise.race([this.durable(), context.clock.sleep(timeoutMs, timedOut.signal)]);
    timedOut.abort();
    this.#stopped.abort();
    this.#makeRoom();
    let lost = 0;
    for (const { ends, done } of this.#inFlight) {
      lost += ends.length;
      done.reject(new Error('stopped before the log took the records'));
    }
    if (lost === 0) return;
    context.count(receiver, 'records_lost_at_stop', lost);
    context.logger.error({ receiver, lost }, 'records were lost: the log took nothing before the stop was over');
  }

  #begin(length: number): GatheredRecords | undefined {
    let bytes = this.#spare;
    this.#spare = undefined;
    if (bytes === undefined || bytes.length < length) {
      const size = Math.max(firstBytes, length);
      const held = this.#heldBytes - (bytes?.length ?? 0) + size;
      if (!this.#mayHold(held)) {
        this.#spare = bytes;
        return undefined;
      }
      this.#heldBytes = held;
      bytes = new Uint8Array(size);
    }
    this.#open = new GatheredRecords(bytes, this.#options.context.clock.nowMs());
    this.#startTimer();
    return this.#open;
  }

  #grow(open: GatheredRecords, needed: number): boolean {
    const size = Math.max(needed, Math.min(open.bytes.length * 2, this.#options.maxBytes));
    const held = this.#heldBytes - open.bytes.length + size;
    if (!this.#mayHold(held)) {
      // what is there can go, and make room
      this.#cut();
      return false;
    }
    this.#heldBytes = held;
    const bytes = new Uint8Array(size);
    bytes.set(open.bytes.subarray(0, open.length));
    open.bytes = bytes;
    return true;
  }

  #mayHold(bytes: number): boolean {
    // a record that is alone is always taken, else a large one never could be
    if (bytes > this.#options.maxHeldBytes && (this.#inFlight.size > 0 || this.#open !== undefined)) return false;
    try {
      this.#reservation.resize(bytes);
      return true;
    } catch {
      return false;
    }
  }

  #startTimer(): void {
    if (this.#isTimerRunning) return;
    this.#isTimerRunning = true;
    void this.#runTimer();
  }

  async #runTimer(): Promise<void> {
    const { context, maxDelayMs } = this.#options;
    while (this.#open !== undefined && !this.#stopped.signal.aborted) {
      const leftMs = this.#open.openedMs + maxDelayMs - context.clock.nowMs();
      // the wall clock may have been set back: never longer than the delay
      if (leftMs > 0) await context.clock.sleep(Math.min(leftMs, maxDelayMs), this.#stopped.signal);
      if (this.#open !== undefined && context.clock.nowMs() - this.#open.openedMs >= maxDelayMs) this.#cut();
    }
    this.#isTimerRunning = false;
  }

  #cut(): void {
    const cut = this.#open;
    if (cut === undefined) return;
    this.#open = undefined;
    this.#inFlight.add(cut);
    void this.#deliver(cut);
  }

  /** Submits until the log takes it. */
  async #deliver(gathered: GatheredRecords): Promise<void> {
    const { context, receiver } = this.#options;
    while (!this.#stopped.signal.aborted) {
      if (this.#pause !== undefined) await this.#pause;
      try {
        context.intake.admit();
        await context.intake.submit(this.#decoder.decode(gathered));
        return this.#free(gathered);
      } catch (thrown) {
        const error = toAppError(thrown);
        context.count(receiver, 'batches_delayed');
        context.logger.warn({ receiver, reason: error.message }, 'the log does not take records now; they are kept and sent again');
        this.#pause ??= this.#waitAfter(error.retryAfterMs ?? retryAfterMs);
      }
    }
  }

  async #waitAfter(durationMs: number): Promise<void> {
    await this.#options.context.clock.sleep(durationMs, this.#stopped.signal);
    this.#pause = undefined;
  }

  #free(gathered: GatheredRecords): void {
    this.#inFlight.delete(gathered);
    if (this.#spare === undefined && gathered.bytes.length <= this.#options.maxBytes) this.#spare = gathered.bytes;
    else this.#release(gathered.bytes.length);
    gathered.done.resolve();
    this.#makeRoom();
  }

  #makeRoom(): void {
    const { resolve } = this.#room;
    this.#room = Promise.withResolvers();
    resolve();
  }

  #release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#reservation.resize(this.#heldBytes);
  }
}

const shuttingDown = (): AppError => new AppError('shutting_down', 'the server stopped before the record was taken');

/** The listeners of one receiver that all feed the batcher: when the last one stops, what was gathered is made durable. */
export function batchedListeners(
  listeners: readonly ReceiverListener[],
  batcher: StreamBatcher,
  stopTimeoutMs: number,
): readonly ReceiverListener[] {
  let running = 0;
  return listeners.map((listener) => ({
    ...listener,
    async start(bind) {
      const started = await listener.start(bind);
      running++;
      return {
        port: started.port,
        async stop() {
          await started.stop();
          if (--running === 0) await batcher.stop(stopTimeoutMs);
        },
      };
    },
  }));
}
