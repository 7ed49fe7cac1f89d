/**
 * A batch: lines that travel together under one id. The id and the body stay the same in every try, so that the server
 * knows a batch whose acknowledgement got lost; lines that are sent in other pieces get new ids.
 */
import { randomUUID } from 'node:crypto';
import { compressBody } from './compression.mjs';
import { repairedText } from './record-text.mjs';

/** @import { Compression } from './compression.mjs' */
/** @import { Line } from './line-queue.mjs' */

export class Batch {
  /** @type {readonly Line[]} */
  lines;
  id = randomUUID();
  /** Of the lines in the buffer. */
  bytes = 0;
  /** Tries that failed. */
  failures = 0;
  /** Given up by `close()`. */
  abandoned = false;
  /** @type {AbortController | undefined} of the request under way */
  request;
  /** Ends the wait before the next try. */
  wake = () => {};
  /** @type {Promise<{ body: Uint8Array<ArrayBuffer>, encoding: string | undefined }> | undefined} */
  #encoded;

  /** @param {readonly Line[]} lines in their order, at least one */
  constructor(lines) {
    this.lines = lines;
    for (const line of lines) this.bytes += line.bytes;
  }

  /** Order of its oldest line. */
  get oldestOrder() {
    return this.lines[0].order;
  }

  /**
   * The body, made once.
   * @param {string} source JSON text
   * @param {Compression} compression
   */
  encode(source, compression) {
    return (this.#encoded ??= compressBody(Buffer.from(bodyText(source, this.lines)), compression));
  }

  /** Two batches of its halves; for one that holds several lines. */
  split() {
    const middle = this.lines.length >> 1;
    return [new Batch(this.lines.slice(0, middle)), new Batch(this.lines.slice(middle))];
  }

  /**
   * The same lines in a batch that surely is JSON, undefined where it was already. For lines that came as text.
   * @param {number} nowMs
   * @returns {Batch | undefined}
   */
  repair(nowMs) {
    if (this.lines.every(({ checked }) => checked)) return undefined;
    return new Batch(this.lines.map((line) => (line.checked ? line : { ...line, text: repairedText(nowMs, line.text), checked: true })));
  }
}

/**
 * @param {string} source JSON text
 * @param {readonly Line[]} lines
 * @returns {string}
 */
function bodyText(source, lines) {
  return `{"source":${source},"logs":[${lines.map(({ text }) => text).join(',')}]}`;
}
