/**
 * The service of records that do not name it in so many words: the first of some attributes that a record has. Set in
 * front of a batch's finisher, since parsers may be chosen by service; the attribute stays.
 *
 * Used by receivers whose senders describe containers and modules in names of their own (Beats).
 */
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';

export class ServiceFallback implements RecordFinisher {
  /** Attribute name → its rank, 1 being the best. */
  readonly #ranks: ReadonlyMap<string, number>;
  #next: RecordFinisher | undefined;
  /** By index in the dictionary of names, as far as `#known` and under `#epoch`: the rank, 0 for all other names. */
  #rankOfKey = new Uint8Array(256);
  #known = 0;
  #epoch = 0;

  /** @param names of attributes, the best first; at most 255 */
  constructor(names: readonly string[]) {
    this.#ranks = new Map(names.map((name, i) => [name, i + 1]));
  }

  /** Itself, followed by what completed records so far. */
  before(next: RecordFinisher | undefined): this {
    this.#next = next === this ? undefined : next;
    return this;
  }

  finish(builder: LogBatchBuilder): RecordErrorCode | undefined {
    if (builder.serviceIndexes[builder.rowCount] === 0) this.#fill(builder);
    return this.#next?.finish(builder);
  }

  #fill({ attributes, services, serviceIndexes, rowCount }: LogBatchBuilder): void {
    const { keys, keyIndexes, values } = attributes;
    if (this.#epoch !== keys.epoch || this.#known < keys.count) this.#learn(keys);
    const { bytes, view } = values.arena;
    let best = 256;
    let bestStart = 0;
    let bestEnd = 0;
    let at = attributes.rowOffset;
    for (let entry = attributes.rowEntry; entry < keyIndexes.length; entry++) {
      // the value's length as a varint
      let length = 0;
      let shift = 0;
      let byte: number;
      do {
        byte = bytes[at++];
        length |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      const rank = this.#rankOfKey[keyIndexes.values[entry]];
      if (rank > 0 && rank < best && length > 0) {
        best = rank;
        bestStart = at;
        bestEnd = at + length;
      }
      at += length;
    }
    if (best < 256) serviceIndexes[rowCount] = services.indexOf(bytes, view, bestStart, bestEnd);
  }

  #learn(keys: LogBatchBuilder['attributes']['keys']): void {
    if (this.#epoch !== keys.epoch) this.#known = 0;
    this.#epoch = keys.epoch;
    if (keys.count > this.#rankOfKey.length) {
      const grown = new Uint8Array(keys.count * 2);
      grown.set(this.#rankOfKey);
      this.#rankOfKey = grown;
    }
    for (; this.#known < keys.count; this.#known++) this.#rankOfKey[this.#known] = this.#ranks.get(keys.textOf(this.#known)) ?? 0;
  }
}
