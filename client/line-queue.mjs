/**
 * The lines that wait, bounded by their bytes. They leave in the order in which they came; where they do not fit, the
 * oldest of the least important go first, and a line never makes a more important one go.
 */
import { rankCount } from './importance.mjs';

/**
 * @typedef {object} Line
 * @property {string} text JSON
 * @property {number} bytes what it takes in the buffer
 * @property {number} rank see importance.mjs
 * @property {number} order place among all lines of the client
 * @property {boolean} checked known to be JSON, since the client wrote it
 */

/** Places that a queue of one rank may leave empty at its front before it is moved together. */
const maxEmptyPlaces = 4096;

/** First in, first out, without moving what waits at every step. */
class Lane {
  /** @type {Line[]} */
  #lines = [];
  #first = 0;

  /** @returns {Line | undefined} */
  get oldest() {
    return this.#lines[this.#first];
  }

  /** @param {Line} line */
  push(line) {
    this.#lines.push(line);
  }

  /** Takes the oldest away. */
  shift() {
    this.#lines[this.#first++] = /** @type {any} */ (undefined);
    if (this.#first === this.#lines.length) {
      this.#lines = [];
      this.#first = 0;
    } else if (this.#first >= maxEmptyPlaces && this.#first * 2 >= this.#lines.length) {
      this.#lines = this.#lines.slice(this.#first);
      this.#first = 0;
    }
  }
}

export class LineQueue {
  #lanes = Array.from({ length: rankCount }, () => new Lane());
  length = 0;
  bytes = 0;

  /** Order of the oldest line, Infinity where there is none. */
  get oldestOrder() {
    return this.#oldestLane()?.oldest?.order ?? Infinity;
  }

  /** @param {Line} line */
  push(line) {
    this.#lanes[line.rank].push(line);
    this.length++;
    this.bytes += line.bytes;
  }

  /**
   * Takes the oldest line of the least important rank that is not above `rank`.
   * @param {number} rank
   * @returns {Line | undefined}
   */
  dropFor(rank) {
    for (let candidate = rankCount - 1; candidate >= rank; candidate--) {
      const lane = this.#lanes[candidate];
      if (lane.oldest !== undefined) return this.#takeFrom(lane);
    }
    return undefined;
  }

  /**
   * The oldest lines, within both bounds but for the first line, which is always taken.
   * @param {number} maxLines
   * @param {number} maxBytes
   * @returns {Line[]}
   */
  take(maxLines, maxBytes) {
    const taken = [];
    let bytes = 0;
    while (taken.length < maxLines) {
      const lane = this.#oldestLane();
      if (lane?.oldest === undefined) break;
      bytes += lane.oldest.bytes;
      if (bytes > maxBytes && taken.length > 0) break;
      taken.push(this.#takeFrom(lane));
    }
    return taken;
  }

  /** @returns {Lane | undefined} */
  #oldestLane() {
    let found;
    let order = Infinity;
    for (const lane of this.#lanes) {
      const oldest = lane.oldest;
      if (oldest !== undefined && oldest.order < order) {
        order = oldest.order;
        found = lane;
      }
    }
    return found;
  }

  /**
   * @param {Lane} lane one that is not empty
   * @returns {Line}
   */
  #takeFrom(lane) {
    const line = /** @type {Line} */ (lane.oldest);
    lane.shift();
    this.length--;
    this.bytes -= line.bytes;
    return line;
  }
}
