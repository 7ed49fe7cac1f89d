/** Counts lines that were dropped, until a line of the client's own tells the server. */
import { rankCount, rankNames } from './importance.mjs';
import { textOfLine } from './record-text.mjs';

export class DropReport {
  #counts = new Array(rankCount).fill(0);
  total = 0;

  /** @param {number} rank */
  add(rank) {
    this.#counts[rank]++;
    this.total++;
  }

  /**
   * The line, a WARN with the counts by level; the counts begin anew.
   * @param {number} nowMs
   * @returns {string}
   */
  take(nowMs) {
    const byLevel = Object.fromEntries(rankNames.map((name, rank) => [`millrace.dropped_${name}`, this.#counts[rank]]));
    const text = textOfLine(nowMs, 'WARN', `log lines dropped by the Millrace client: ${this.total}`, {
      'millrace.dropped': this.total,
      ...byLevel,
    });
    this.#counts.fill(0);
    this.total = 0;
    return text;
  }
}
