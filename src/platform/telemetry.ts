/**
 * Millrace's own log: structured JSON lines through pino, bounded so that a failing system never drowns in itself.
 *
 * Invariants: at most `maxLinesPerSecond` lines in any span of a second; a line that repeats (same level, message and
 * code) within `repeatWindowMs` is written once, and at the end of the window as one line with its count; whatever the
 * cap holds back is counted and told. Nothing is dropped without a count.
 *
 * Made once by the composition root. Worker threads get `forwardingLogger`, so that the bounds hold for the whole process.
 */
import { destination as pinoDestination, pino } from 'pino';
import { AppError } from '#base/errors.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

type Fields = Readonly<Record<string, unknown>>;

/** A line on its way from a worker thread; survives a structured clone. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly fields: Fields;
  readonly message: string;
}

export interface TelemetryOptions {
  readonly clock: Clock;
  /** Lines below it are not written. */
  readonly level: LogLevel;
  readonly maxLinesPerSecond: number;
  readonly repeatWindowMs: number;
  /** Takes whole JSON lines; standard error where left out. */
  readonly write?: (line: string) => void;
  /** On every line, such as the role. */
  readonly base?: Fields;
}

interface Repetition {
  readonly record: LogRecord;
  readonly sinceMs: number;
  count: number;
}

/** Keys of repetitions that are remembered; further messages are only held by the cap. */
const maxRemembered = 1000;

export class Telemetry implements Logger {
  readonly #options: TelemetryOptions;
  readonly #sink: pino.Logger;
  readonly #repetitions = new Map<string, Repetition>();
  /** When each of the last `maxLinesPerSecond` lines was written; the oldest stands at `#oldest`. */
  readonly #writtenMs: Float64Array;
  #oldest = 0;
  #heldBack = 0;
  #heldBackToldMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#writtenMs = new Float64Array(options.maxLinesPerSecond).fill(Number.NEGATIVE_INFINITY);
    const timestamp = (): string => `,"time":"${new Date(options.clock.nowMs()).toISOString()}"`;
    const formatters = { level: (label: string) => ({ level: label }) };
    const target = options.write === undefined ? pinoDestination({ fd: 2, sync: true }) : { write: options.write };
    this.#sink = pino({ level: options.level, base: { ...options.base }, messageKey: 'message', timestamp, formatters }, target);
  }

  debug(fields: Fields, message: string): void {
    this.accept({ level: 'debug', fields, message });
  }

  info(fields: Fields, message: string): void {
    this.accept({ level: 'info', fields, message });
  }

  warn(fields: Fields, message: string): void {
    this.accept({ level: 'warn', fields, message });
  }

  error(fields: Fields, message: string): void {
    this.accept({ level: 'error', fields, message });
  }

  /** Writes a line, counts it as a repetition, or counts it as held back. */
  accept(record: LogRecord): void {
    if (logLevels.indexOf(record.level) < logLevels.indexOf(this.#options.level)) return;
    this.flush();
    const key = repetitionKey(record);
    const known = this.#repetitions.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    if (!this.#writeWithinCap(record)) {
      this.#heldBack++;
      return;
    }
    if (this.#repetitions.size < maxRemembered) {
      this.#repetitions.set(key, { record, sinceMs: this.#options.clock.monotonicMs(), count: 0 });
    }
  }

  /** Tells what was counted in windows and seconds that are over; runs with every line, and by `start` on a timer. */
  flush(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#heldBack > 0 && nowMs - this.#heldBackToldMs >= 1000 && this.#takeTurn(nowMs)) this.#tellHeldBack(nowMs);
    for (const [key, { record, sinceMs, count }] of this.#repetitions) {
      if (nowMs - sinceMs < this.#options.repeatWindowMs) break;
      if (count > 0 && !this.#writeWithinCap(counted(record, count, nowMs - sinceMs))) break;
      this.#repetitions.delete(key);
    }
  }

  /** Tells counts once a second even when no line comes. */
  start(): void {
    this.#timer ??= setInterval(() => this.flush(), 1000).unref();
  }

  /** Tells all counts at once, whatever their windows, and stops the timer. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const nowMs = this.#options.clock.monotonicMs();
    for (const { record, sinceMs, count } of this.#repetitions.values()) {
      if (count > 0) this.#write(counted(record, count, nowMs - sinceMs));
    }
    this.#repetitions.clear();
    if (this.#heldBack > 0) this.#tellHeldBack(nowMs);
  }

  #tellHeldBack(nowMs: number): void {
    const count = this.#heldBack;
    this.#heldBack = 0;
    this.#heldBackToldMs = nowMs;
    this.#write({
      level: 'warn',
      fields: { held_back: count, setting: 'telemetry.max_lines_per_second' },
      message: 'log lines were held back',
    });
  }

  #writeWithinCap(record: LogRecord): boolean {
    if (!this.#takeTurn(this.#options.clock.monotonicMs())) return false;
    this.#write(record);
    return true;
  }

  /** True, and the turn taken, where the line that many lines ago is a second old. */
  #takeTurn(nowMs: number): boolean {
    if (nowMs - this.#writtenMs[this.#oldest] < 1000) return false;
    this.#writtenMs[this.#oldest] = nowMs;
    this.#oldest = (this.#oldest + 1) % this.#writtenMs.length;
    return true;
  }

  #write({ level, fields, message }: LogRecord): void {
    this.#sink[level](plainFields(fields), message);
  }
}

/** A logger for a worker thread: `send` carries each record to the process's Telemetry. */
export function forwardingLogger(send: (record: LogRecord) => void): Logger {
  const forward = (level: LogLevel) => (fields: Fields, message: string) => send({ level, fields: plainFields(fields), message });
  return { debug: forward('debug'), info: forward('info'), warn: forward('warn'), error: forward('error') };
}

/** Adds the fields to every line, such as the part of the system that speaks. */
export function childLogger(logger: Logger, base: Fields): Logger {
  return {
    debug: (fields, message) => logger.debug({ ...base, ...fields }, message),
    info: (fields, message) => logger.info({ ...base, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...base, ...fields }, message),
    error: (fields, message) => logger.error({ ...base, ...fields }, message),
  };
}

function repetitionKey({ level, fields, message }: LogRecord): string {
  return `${level} ${codeOf(fields)} ${message}`;
}

/** The code that a line names itself, or that of the error it carries. */
function codeOf(fields: Fields): string {
  if (typeof fields.code === 'string') return fields.code;
  for (const value of Object.values(fields)) {
    if (value instanceof Error && 'code' in value) return String(value.code);
    if (typeof value === 'object' && value !== null && 'stack' in value && 'code' in value) return String(value.code);
  }
  return '';
}

function counted({ level, fields, message }: LogRecord, count: number, overMs: number): LogRecord {
  return { level, fields: { ...fields, repeated: count, over_seconds: Math.round(overMs / 1000) }, message };
}

/** Fields as JSON takes them and a structured clone carries them: errors become objects, other strangers texts. */
function plainFields(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plainValue(value, 0)]));
}

const maxDepth = 4;
const maxTextLength = 8192;

function plainValue(value: unknown, depth: number): unknown {
  if (value instanceof Error) return plainError(value, depth);
  if (typeof value === 'string')
    return value.length > maxTextLength ? `${value.slice(0, maxTextLength)}… (${value.length} characters)` : value;
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return '…';
  if (Array.isArray(value)) return value.map((item) => plainValue(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return plainValue([...value], depth + 1);
  if (value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plainValue(item, depth + 1)]));
}

function plainError(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error ? { code: String(error.code) } : {};
  const details =
    error instanceof AppError && Object.keys(error.details).length > 0 ? { details: plainValue(error.details, depth + 1) } : {};
  const cause = error.cause === undefined || depth >= maxDepth ? {} : { cause: plainValue(error.cause, depth + 1) };
  return { name: error.name, message: error.message, ...code, ...details, stack: error.stack, ...cause };
}
