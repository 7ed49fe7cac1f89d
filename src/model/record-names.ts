/**
 * Names of a record's values, learnt once: each distinct name gets a number and its meaning (a field of the line, or an
 * attribute), so that the next record with the same name costs one dictionary lookup. Used by record-writer.ts.
 */
import { fieldOfName, recordFields } from './field-names.ts';
import { TextDictionary } from './text-dictionary.ts';

/** Number of a name; valid as long as its RecordNames, unless `forget` dropped it. */
export type NameId = number;

/** Names known at most, and bytes of them, before those learnt from senders are forgotten between two batches. */
const maxNames = 16_384;
const maxNamesBytes = 1024 * 1024;
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

export class RecordNames {
  readonly #names = new TextDictionary();
  readonly #ownNames = new Map<string, NameId>();
  /** By name: number in recordFields, 0 for an attribute. */
  #fields = new Uint8Array(256);
  #known = 1;
  #ownCount = 1;
  /** By name: the dictionary epoch under which its index is remembered, and that index; twice, attributes and resource. */
  #epochs = [new Int32Array(256), new Int32Array(256)];
  #indexes = [new Int32Array(256), new Int32Array(256)];

  /** The id of a name that the code itself uses; never forgotten. Only to be called before the first record. */
  own(name: string): NameId {
    const known = this.#ownNames.get(name);
    if (known !== undefined) return known;
    const bytes = textEncoder.encode(name);
    const id = this.of(bytes, new DataView(bytes.buffer), 0, bytes.length);
    this.#ownNames.set(name, id);
    this.#ownCount = this.#known;
    return id;
  }

  /** The id of a sender's name. */
  of(bytes: Uint8Array, view: DataView, start: number, end: number): NameId {
    const id = this.#names.indexOf(bytes, view, start, end);
    if (id >= this.#known) this.#learn(id, textDecoder.decode(bytes.subarray(start, end)));
    return id;
  }

  /** The id of a sender's name that is a text already. */
  ofText(name: string): NameId {
    const bytes = textEncoder.encode(name);
    return this.of(bytes, new DataView(bytes.buffer), 0, bytes.length);
  }

  /** Number of the field in recordFields that the name spells, 0 for an attribute. */
  fieldOf(id: NameId): number {
    return this.#fields[id];
  }

  lengthOf(id: NameId): number {
    return this.#names.lengthOf(id);
  }

  textOf(id: NameId): string {
    return this.#names.textOf(id);
  }

  /** Index of the name in a batch's dictionary of attribute (0) or resource (1) names, added to it if it is new there. */
  indexIn(dictionary: TextDictionary, column: 0 | 1, id: NameId): number {
    if (this.#epochs[column][id] === dictionary.epoch) return this.#indexes[column][id];
    const { arena } = this.#names;
    const start = this.#names.startOf(id);
    const index = dictionary.indexOf(arena.bytes, arena.view, start, start + this.#names.lengthOf(id));
    this.#epochs[column][id] = dictionary.epoch;
    this.#indexes[column][id] = index;
    return index;
  }

  /** Drops what was learnt from senders where it has become too much; between two batches. */
  forget(): void {
    if (this.#known <= maxNames && this.#names.arena.length <= maxNamesBytes) return;
    this.#names.truncate(this.#ownCount);
    this.#known = this.#ownCount;
    for (const epochs of this.#epochs) epochs.fill(0);
  }

  #learn(id: NameId, name: string): void {
    if (id >= this.#fields.length) this.#grow();
    const field = fieldOfName(name);
    this.#fields[id] = field === undefined ? 0 : recordFields[field];
    for (const epochs of this.#epochs) epochs[id] = 0;
    this.#known = id + 1;
  }

  #grow(): void {
    const capacity = this.#fields.length * 2;
    const fields = new Uint8Array(capacity);
    fields.set(this.#fields);
    this.#fields = fields;
    const wider = (from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(capacity);
      to.set(from);
      return to;
    };
    this.#epochs = this.#epochs.map(wider);
    this.#indexes = this.#indexes.map(wider);
  }
}
