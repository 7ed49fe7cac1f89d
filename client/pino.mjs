/**
 * `millrace/client/pino`: a pino transport. pino runs it in a worker thread and writes its lines to the stream returned;
 * they are sent as they are, without being parsed, since the server knows pino's `time`, `level` and `msg`.
 */
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createClient } from './index.mjs';

/** @import { Client, ClientOptions } from './declarations/index.d.ts' */
/** @import { PinoStream } from './declarations/pino.d.ts' */

/** pino gives its worker ten seconds to end; what cannot be sent by then is told as abandoned rather than cut off. */
const workerFlushTimeoutMs = 8000;

/**
 * @param {ClientOptions} options
 * @returns {Promise<PinoStream>}
 */
export default async function millracePino(options) {
  return new LineStream(createClient(clientOptions(options)));
}

/** @param {ClientOptions & { pinoWillSendConfig?: boolean }} options pino adds the last one in its worker */
function clientOptions({ pinoWillSendConfig, ...options }) {
  // the stream's end is what flushes in a worker, whose own event loop never runs empty
  return pinoWillSendConfig === undefined ? options : { flushTimeoutMs: workerFlushTimeoutMs, ...options, flushOnExit: false };
}

const newline = 0x0a;

/** Cuts NDJSON into lines; the end of the stream closes the client. */
class LineStream extends Writable {
  #client;
  #decoder = new StringDecoder('utf8');
  /** A line whose end has not come yet. */
  #begun = '';

  /** @param {Client} client */
  constructor(client) {
    super({ decodeStrings: false });
    this.#client = client;
  }

  /** Resolves when all lines so far are settled, or time is up; pino's `logger.flush()` waits for it. */
  async flush() {
    await this.#client.flush();
  }

  /**
   * @param {string | Buffer} chunk
   * @param {BufferEncoding} _encoding
   * @param {() => void} done
   * @override
   */
  _write(chunk, _encoding, done) {
    this.#cut(typeof chunk === 'string' ? chunk : this.#decoder.write(chunk));
    done();
  }

  /**
   * @param {() => void} done
   * @override
   */
  _final(done) {
    this.#add(this.#begun + this.#decoder.end());
    void this.#close(done);
  }

  /**
   * @param {Error | null} error
   * @param {(error?: Error | null) => void} done
   * @override
   */
  _destroy(error, done) {
    // after the end there is nothing left to close; a destroyed stream still sends what it got
    void this.#close(() => done(error));
  }

  /** @param {() => void} done */
  async #close(done) {
    await this.#client.close();
    done();
  }

  /** @param {string} text */
  #cut(text) {
    const firstEnd = text.indexOf('\n');
    if (firstEnd >= 0 && firstEnd === text.length - 1) {
      this.#add(this.#begun + text.slice(0, firstEnd));
      this.#begun = '';
      return;
    }
    // lines are copied out of their chunk: a slice would keep all of it in memory for as long as one line waits
    const bytes = Buffer.from(text);
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#add(this.#begun + bytes.toString('utf8', start, end));
      this.#begun = '';
      start = end + 1;
    }
    this.#begun += bytes.toString('utf8', start);
  }

  /** @param {string} line */
  #add(line) {
    if (line.trim() !== '') this.#client.sendLine(line);
  }
}
