/**
 * `millrace/client/winston`: a transport for winston 3.
 *
 * winston asks little of a transport: a writable stream in object mode with a `log` method, which looks at the level
 * itself. That little is here, so that this package needs none of winston's (winston-transport 4.9, `modern.js`, says
 * what is expected).
 */
import { Writable } from 'node:stream';
import { createClient } from './index.mjs';

/** @import { Client } from './declarations/index.d.ts' */
/** @import { WinstonTransportOptions } from './declarations/winston.d.ts' */

/** winston's keys for the level without colours, and for what followed the message (triple-beam). */
const levelKey = Symbol.for('level');

/**
 * What winston hands to a transport.
 * @typedef {Record<string | symbol, unknown> & { level: string, message: unknown }} Info
 *
 * The logger, as far as a transport looks at it.
 * @typedef {{ level?: string, levels?: Record<string, number> }} Logger
 */

/** winston's own levels between info and debug, as the server's sub-levels, which keep their order. */
const levelNames = new Map([
  ['http', 'DEBUG4'],
  ['verbose', 'DEBUG2'],
]);

/** What `format.timestamp()` writes, which says no more than the client's own time. */
const isoTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

export class MillraceTransport extends Writable {
  /** @type {Client} */
  client;
  #format;
  /** @type {Logger | undefined} */
  #logger;

  /** @param {WinstonTransportOptions} options */
  constructor(options) {
    super({ objectMode: true });
    const { level, silent, handleExceptions, handleRejections, format, ...clientOptions } = options;
    this.level = level;
    this.silent = silent;
    this.handleExceptions = handleExceptions;
    this.handleRejections = handleRejections;
    this.#format = format;
    this.client = createClient(clientOptions);
    this.once('pipe', (logger) => {
      this.#logger = /** @type {any} */ (logger);
    });
    this.once('unpipe', () => this.close());
  }

  /**
   * @param {Info} info
   * @param {BufferEncoding} _encoding
   * @param {() => void} next
   * @override
   */
  _write(info, _encoding, next) {
    const shown = this.#accepts(info) ? this.#formatted(info) : undefined;
    if (shown) this.log(shown, next);
    else next();
  }

  /**
   * @param {() => void} done
   * @override
   */
  _final(done) {
    void this.#close(done);
  }

  /** @param {() => void} done */
  async #close(done) {
    await this.client.close();
    done();
  }

  /**
   * Sends an info, whatever its level.
   * @param {Info} info
   * @param {() => void} next
   */
  log(info, next) {
    const { level, message, timestamp, ...fields } = info;
    const name = String(info[levelKey] ?? level);
    if (timestamp !== undefined && !isoTime.test(String(timestamp))) fields.timestamp = timestamp;
    // `logger.error(new Error(…))`: the info is the error
    if (info instanceof Error) fields.err = info;
    this.client.log(levelNames.get(name) ?? name, message, fields);
    next();
  }

  /**
   * @param {number} [timeoutMs]
   * @returns {Promise<boolean>}
   */
  flush(timeoutMs) {
    return this.client.flush(timeoutMs);
  }

  /** When the transport is removed from its logger, or the logger is closed. */
  close() {
    void this.client.close();
  }

  /**
   * @param {Info} info
   * @returns {boolean}
   */
  #accepts(info) {
    if (this.silent || (info.exception === true && !this.handleExceptions) || (info.rejection === true && !this.handleRejections))
      return false;
    const threshold = this.level ?? this.#logger?.level;
    const levels = this.#logger?.levels;
    if (threshold === undefined || levels === undefined) return true;
    return levels[threshold] >= levels[String(info[levelKey])];
  }

  /**
   * The info as the transport's own format makes it; nothing where the format filters it out.
   * @param {Info} info
   * @returns {Info | false | undefined}
   */
  #formatted(info) {
    if (this.#format === undefined) return info;
    try {
      return this.#format.transform({ ...info }, this.#format.options);
    } catch {
      // a format that fails must cost neither the line nor the application
      return info;
    }
  }
}

export default MillraceTransport;
