/**
 * The client: lines come in, batches go out, every line is counted as sent, failed or dropped in the end.
 *
 * Invariants: logged = sent + failed + dropped + buffered at any time. A batch keeps its id and body until the server has
 * taken or refused it. While a batch waits to be sent again, no new one starts: an outage is probed by what is under way
 * already. No timer and no socket keeps the process alive but the timer of a running flush.
 */
import { retryDelayMs } from './back-off.mjs';
import { Batch } from './batch.mjs';
import { DropReport } from './drop-report.mjs';
import { rankOfJson, rankOfLevel, warnRank } from './importance.mjs';
import { LineQueue } from './line-queue.mjs';
import { postBatch } from './post-batch.mjs';
import { onProcessEnd } from './process-end.mjs';
import { textOfJson, textOfLine, textOfRecord } from './record-text.mjs';

/** @import { Client, ClientStats, Level, Problem, TimerHandle } from './declarations/index.d.ts' */
/** @import { Later, Refused, Taken } from './answer.mjs' */
/** @import { Settings } from './settings.mjs' */

/** What a line takes beside its text: the object, its place in the queue, the string's header. Measured: 96 B (client.bench.ts). */
const lineOverheadBytes = 100;

/** How much longer lines wait, and how many more travel together, where the server asks for less. */
const slowness = { normal: 1, elevated: 2, critical: 5 };

/** Longest back-off during a flush, which has little time. */
const flushRetryDelayMs = 1000;

/**
 * @typedef {object} FlushWaiter
 * @property {number} upTo order of the last line that it waits for
 * @property {(settled: boolean) => void} finish
 */

/** @implements {Client} */
export class LogClient {
  #settings;
  #queue = new LineQueue();
  #dropReport = new DropReport();
  /** @type {Set<Batch>} */
  #underWay = new Set();
  #waitingToRetry = 0;
  /** Ends the back-off of batches that the server has not told when to come again. @type {Set<() => void>} */
  #asleep = new Set();
  #bytesUnderWay = 0;
  #linesUnderWay = 0;
  #nextOrder = 0;
  /** The flush interval is over for what waits. */
  #isDue = false;
  /** @type {TimerHandle | undefined} */
  #dueTimer;
  /** @type {Set<FlushWaiter>} */
  #waiters = new Set();
  /** @type {Promise<boolean> | undefined} */
  #closing;
  /** Kinds of problems that were told and have not ended yet. */
  #told = new Set();
  #forgetProcess;
  #counts = { logged: 0, sent: 0, failed: 0, dropped: 0, retries: 0 };
  /** @type {ClientStats['lagHint']} */
  #lagHint = 'normal';

  /** @param {Settings} settings */
  constructor(settings) {
    this.#settings = settings;
    this.#forgetProcess = onProcessEnd(this, settings);
  }

  get stats() {
    return {
      ...this.#counts,
      buffered: this.#queue.length + this.#linesUnderWay,
      bufferedBytes: this.#queue.bytes + this.#bytesUnderWay,
      lagHint: this.#lagHint,
    };
  }

  /**
   * @param {Level} level
   * @param {unknown} message
   * @param {Readonly<Record<string, unknown>>} [fields]
   */
  log(level, message, fields) {
    this.#add(textOfLine(this.#settings.clock.now(), level, message, fields), rankOfLevel(level), true);
  }

  /** @param {Readonly<Record<string, unknown>>} record */
  send(record) {
    const text = textOfRecord(this.#settings.clock.now(), record);
    this.#add(text, rankOfJson(text), true);
  }

  /**
   * @param {string} json
   * @param {Level} [level]
   */
  sendLine(json, level) {
    if (typeof json !== 'string') return this.send(json);
    const text = textOfJson(this.#settings.clock.now(), json, level);
    this.#add(text, level === undefined ? rankOfJson(text) : rankOfLevel(level), false);
  }

  /**
   * @param {number} [timeoutMs]
   * @returns {Promise<boolean>}
   */
  flush(timeoutMs = this.#settings.flushTimeoutMs) {
    return new Promise((resolve) => {
      const { clock } = this.#settings;
      // the one timer that is not unref'd: it keeps the process alive for as long as the flush may take
      const timer = clock.setTimeout(() => waiter.finish(false), timeoutMs);
      const waiter = {
        upTo: Infinity,
        finish: (/** @type {boolean} */ settled) => {
          clock.clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(settled);
        },
      };
      this.#waiters.add(waiter);
      for (const wake of this.#asleep) wake();
      this.#startBatches();
      // the batches started just now may hold a line about drops
      waiter.upTo = this.#nextOrder - 1;
      this.#endFlushes();
    });
  }

  /**
   * @param {number} [timeoutMs]
   * @returns {Promise<boolean>}
   */
  close(timeoutMs = this.#settings.flushTimeoutMs) {
    this.#closing ??= this.flush(timeoutMs).then((settled) => {
      this.#forgetProcess();
      if (!settled) this.#abandon();
      this.#settings.closeConnections();
      return settled;
    });
    return this.#closing;
  }

  /**
   * @param {string} text
   * @param {number} rank
   * @param {boolean} checked
   */
  #add(text, rank, checked) {
    const bytes = Buffer.byteLength(text) + lineOverheadBytes;
    this.#counts.logged++;
    if (this.#closing !== undefined) {
      this.#countDrop(rank, 'the client is closed');
      return;
    }
    if (!this.#makeRoom(bytes, rank)) return;
    this.#queue.push({ text, bytes, rank, order: this.#nextOrder++, checked });
    this.#startBatches();
  }

  /**
   * True where the line fits now; else it is dropped itself.
   * @param {number} bytes
   * @param {number} rank
   * @returns {boolean}
   */
  #makeRoom(bytes, rank) {
    const { maxBufferBytes } = this.#settings;
    while (this.#queue.bytes + this.#bytesUnderWay + bytes > maxBufferBytes) {
      // a line larger than all there is must not empty the queue in vain
      const victim = bytes + this.#bytesUnderWay > maxBufferBytes ? undefined : this.#queue.dropFor(rank);
      this.#countDrop(victim?.rank ?? rank, `the buffer of ${maxBufferBytes} bytes (maxBufferBytes) is full`);
      if (victim === undefined) return false;
    }
    return true;
  }

  /**
   * @param {number} rank
   * @param {string} reason
   */
  #countDrop(rank, reason) {
    this.#counts.dropped++;
    this.#dropReport.add(rank);
    this.#tellOnce({ kind: 'dropped', message: `log lines are dropped: ${reason}`, lines: 1 });
  }

  #startBatches() {
    while (this.#mayStart()) void this.#carry(this.#takeBatch());
    if (this.#queue.length === 0) this.#isDue = false;
    else this.#startDueTimer();
  }

  /** @returns {boolean} */
  #mayStart() {
    const { concurrency, maxBatchLines, maxBatchBytes } = this.#settings;
    const limit = this.#lagHint === 'normal' ? concurrency : 1;
    if (this.#waitingToRetry > 0 || this.#underWay.size >= limit) return false;
    const { length, bytes } = this.#queue;
    if (length === 0) return this.#dropReport.total > 0 && this.#closing === undefined;
    return this.#isDue || this.#waiters.size > 0 || length >= maxBatchLines * slowness[this.#lagHint] || bytes >= maxBatchBytes;
  }

  #startDueTimer() {
    if (this.#isDue || this.#dueTimer !== undefined) return;
    const { clock, flushIntervalMs } = this.#settings;
    this.#dueTimer = clock.setTimeout(() => {
      this.#dueTimer = undefined;
      this.#isDue = true;
      this.#startBatches();
    }, flushIntervalMs * slowness[this.#lagHint]);
    this.#dueTimer.unref?.();
  }

  /** The next batch, with a line about drops since the last one. */
  #takeBatch() {
    const { maxBatchLines, maxBatchBytes, clock } = this.#settings;
    const lines = this.#queue.take(maxBatchLines * slowness[this.#lagHint], maxBatchBytes);
    if (this.#dropReport.total > 0) {
      const text = this.#dropReport.take(clock.now());
      this.#counts.logged++;
      lines.push({ text, bytes: text.length + lineOverheadBytes, rank: warnRank, order: this.#nextOrder++, checked: true });
    }
    return new Batch(lines);
  }

  /**
   * Brings a batch to its end. Never rejects.
   * @param {Batch} batch
   */
  async #carry(batch) {
    this.#underWay.add(batch);
    this.#bytesUnderWay += batch.bytes;
    this.#linesUnderWay += batch.lines.length;
    let answer = await postBatch(batch, this.#settings);
    while (answer.kind === 'later' && !batch.abandoned) {
      await this.#waitToRetry(batch, answer);
      if (!batch.abandoned) answer = await postBatch(batch, this.#settings);
    }
    // abandoned lines have been counted
    if (batch.abandoned) return;
    this.#underWay.delete(batch);
    this.#bytesUnderWay -= batch.bytes;
    this.#linesUnderWay -= batch.lines.length;
    if (answer.kind === 'taken') this.#finishTaken(batch, answer);
    else if (answer.kind !== 'later') this.#finishRefused(batch, answer);
    this.#startBatches();
    this.#endFlushes();
  }

  /**
   * @param {Batch} batch
   * @param {Later} answer
   */
  async #waitToRetry(batch, answer) {
    const { clock, maxRetryDelayMs } = this.#settings;
    batch.failures++;
    this.#counts.retries++;
    this.#waitingToRetry++;
    this.#tellOnce({
      ...problemOf('delayed', answer),
      message: `lines wait to be sent again: ${answer.message}`,
      lines: batch.lines.length,
    });
    const maxDelayMs = this.#waiters.size > 0 ? Math.min(maxRetryDelayMs, flushRetryDelayMs) : maxRetryDelayMs;
    const delayMs = retryDelayMs({ ...this.#settings, maxRetryDelayMs: maxDelayMs }, batch.failures, answer.retryAfterMs);
    await new Promise((/** @type {(value?: undefined) => void} */ wake) => {
      clock.setTimeout(wake, delayMs).unref?.();
      if (answer.retryAfterMs !== undefined) return;
      this.#asleep.add(wake);
      batch.wake = wake;
    });
    this.#asleep.delete(batch.wake);
    this.#waitingToRetry--;
  }

  /**
   * @param {Batch} batch
   * @param {Taken} answer
   */
  #finishTaken(batch, { failed, errors, lagHint }) {
    const lost = Math.min(failed, batch.lines.length);
    this.#counts.sent += batch.lines.length - lost;
    this.#counts.failed += lost;
    this.#lagHint = lagHint;
    this.#told.clear();
    if (lost > 0)
      this.#tell({ kind: 'rejected', message: `the server did not take ${lost} lines of a batch`, lines: lost, details: errors });
  }

  /**
   * Sends the lines in other pieces where that may help; else they have failed.
   * @param {Batch} batch
   * @param {Refused} answer
   */
  #finishRefused(batch, answer) {
    if (answer.kind === 'too_large' && batch.lines.length > 1) {
      for (const half of batch.split()) void this.#carry(half);
      return;
    }
    const repaired = answer.kind === 'malformed' ? batch.repair(this.#settings.clock.now()) : undefined;
    if (repaired !== undefined) {
      void this.#carry(repaired);
      return;
    }
    this.#counts.failed += batch.lines.length;
    this.#tell({ ...problemOf('refused', answer), lines: batch.lines.length, details: answer.details });
  }

  #endFlushes() {
    if (this.#waiters.size === 0) return;
    let oldest = this.#queue.oldestOrder;
    for (const batch of this.#underWay) oldest = Math.min(oldest, batch.oldestOrder);
    for (const waiter of this.#waiters) if (oldest > waiter.upTo) waiter.finish(true);
  }

  /** Gives up what is left, at the end of `close()`. */
  #abandon() {
    const lines = this.#queue.length + this.#linesUnderWay;
    for (const batch of this.#underWay) {
      batch.abandoned = true;
      batch.request?.abort(new Error('the client is closed'));
    }
    this.#underWay.clear();
    this.#queue = new LineQueue();
    this.#linesUnderWay = this.#bytesUnderWay = 0;
    this.#counts.dropped += lines;
    if (this.#dueTimer !== undefined) this.#settings.clock.clearTimeout(this.#dueTimer);
    this.#tell({ kind: 'abandoned', message: `log lines not sent when the client closed: ${lines}`, lines });
  }

  /** @param {Problem} problem */
  #tellOnce(problem) {
    if (this.#told.has(problem.kind)) return;
    this.#told.add(problem.kind);
    this.#tell(problem);
  }

  /** @param {Problem} problem */
  #tell(problem) {
    try {
      this.#settings.onError(problem);
    } catch {
      // the application's handler failed; logging must not bring the application down
    }
  }
}

/**
 * @param {Problem['kind']} kind
 * @param {Later | Refused} answer
 * @returns {Problem}
 */
function problemOf(kind, { message, status, code }) {
  return { kind, message, lines: 0, ...(status === undefined ? {} : { status }), ...(code === undefined ? {} : { code }) };
}
