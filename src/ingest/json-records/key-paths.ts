/**
 * What every key of a JSON record means, learnt once: a tree of keys in which each node knows its field or attribute name
 * and which key followed it last time.
 *
 * Records of one sender repeat their keys in the same order, so the next key is mostly compared with the predicted one
 * (a few words) and needs no hash, no decoding and no lookup of its meaning. Nodes live in one typed array; the tree
 * outlives batches and starts anew when a sender with endless new keys has made it too large. Used by decode-record.ts.
 */
import { fieldOfName, recordFields } from '#model/field-names.ts';
import type { RecordField } from '#model/field-names.ts';
import { equalBytes, hashBytes } from '#model/text-dictionary.ts';

/** What to do with a value under a key. The numbers of recordFields, and: */
export const keyActions = {
  ...recordFields,
  attribute: 0,
  /** `trace_id` / `span_id` directly in the metadata */
  metadataTraceId: 12,
  metadataSpanId: 13,
  resourceEntry: 14,
  /** an attribute that is itself called `overflow` */
  overflowName: 15,
  /** a name over the bound */
  tooLong: 16,
  /** `log`: a message as text, but its objects flatten (`log.level`) */
  log: 17,
  /** a member that the protocol has for itself */
  ignored: 18,
} as const;

/** Offsets in a node. */
const parentOf = 0;
const firstWord = 1;
const keyLength = 2;
/** Words of the key with its closing quote; 0: the key holds escapes, never predict it. */
const wordCount = 3;
const lastMask = 4;
const actionOf = 5;
const nextKey = 6;
const firstChild = 7;
const recordOf = 8;
const boundEpoch = 9;
const boundIndex = 10;
const nameLength = 11;
const scopeOf = 12;
const hashOf = 13;
const nodeSize = 16;

/** Where a node's children are named from. */
const scopes = { record: 0, metadata: 1, metadataBelow: 2, resource: 3 } as const;

/** Tree size at which it is thrown away at the next record; real senders have a few hundred keys. */
const maxNodes = 16_384;
const longestFieldName = 40;
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The root: members of a record. */
export const recordRoot = 1;
/** Members of metadata, for names that the decoder gives itself. */
export const metadataRoot = 2;

/** A protocol's own names of fields, beside the table of all (model/field-names.ts) and before it; `ignored` is left out. */
export type FieldSpellings = ReadonlyMap<string, RecordField | 'ignored'>;

export class KeyPaths {
  nodes = new Int32Array(256 * nodeSize);
  /** Room for names that are put together; borrowed until the next `nameOf`. */
  nameBytes = new Uint8Array(1024);
  nameView = new DataView(this.nameBytes.buffer);

  #count = 0;
  #words = new Int32Array(4096);
  #keyBytes = new Uint8Array(this.#words.buffer);
  #keyView = new DataView(this.#words.buffer);
  #wordsUsed = 0;
  #slots = new Int32Array(1024);
  readonly #maxNameBytes: number;
  readonly #ownSpellings: FieldSpellings;

  constructor(maxNameBytes: number, ownSpellings: FieldSpellings = new Map()) {
    this.#maxNameBytes = maxNameBytes;
    this.#ownSpellings = ownSpellings;
    this.clear();
  }

  /** True where the tree should start anew before the next record. */
  get isFull(): boolean {
    return this.#count > maxNodes;
  }

  /** Forgets all keys. */
  clear(): void {
    this.nodes = new Int32Array(256 * nodeSize);
    this.#words = new Int32Array(4096);
    this.#keyBytes = new Uint8Array(this.#words.buffer);
    this.#keyView = new DataView(this.#words.buffer);
    this.#slots = new Int32Array(1024);
    this.#wordsUsed = 0;
    this.#count = 3;
    this.nodes[metadataRoot * nodeSize + scopeOf] = scopes.metadata;
  }

  /** The key expected behind `node`, or as the first in `parent` where `node` is 0; 0 = none. */
  predicted(parent: number, node: number): number {
    return node === 0 ? this.nodes[parent * nodeSize + firstChild] : this.nodes[node * nodeSize + nextKey];
  }

  /** Notes that `found` follows `node`, or is the first in `parent` where `node` is 0. */
  learn(parent: number, node: number, found: number): void {
    if (node === 0) this.nodes[parent * nodeSize + firstChild] = found;
    else this.nodes[node * nodeSize + nextKey] = found;
  }

  /** Position behind the node's key and closing quote where they stand at `at`, else -1. Never looks past `end`. */
  match(node: number, view: DataView, at: number, end: number): number {
    const base = node * nodeSize;
    const nodes = this.nodes;
    const count = nodes[base + wordCount];
    if (count === 0 || at + count * 4 > end) return -1;
    const words = this.#words;
    let word = nodes[base + firstWord];
    for (const last = word + count - 1; word < last; word++, at += 4) {
      if (view.getInt32(at, true) !== words[word]) return -1;
    }
    const mask = nodes[base + lastMask];
    if ((view.getInt32(at, true) & mask) !== words[word]) return -1;
    return at + 4 - (Math.clz32(mask) >>> 3);
  }

  /** Node of a key (unescaped bytes) in `parent`, made if it is new. */
  lookup(parent: number, view: DataView, start: number, end: number): number {
    const hash = hashBytes(view, start, end, Math.imul(parent, 0x9e3779b1));
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let node = this.#slots[slot]; node !== 0; node = this.#slots[slot]) {
      const base = node * nodeSize;
      if (
        this.nodes[base + hashOf] === hash &&
        this.nodes[base + parentOf] === parent &&
        this.nodes[base + keyLength] === end - start &&
        equalBytes(this.#keyView, this.nodes[base + firstWord] * 4, view, start, end - start)
      ) {
        return node;
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(parent, view, start, end, hash);
  }

  actionOf(node: number): number {
    return this.nodes[node * nodeSize + actionOf];
  }

  /** Marks the key as seen in the record of this number; true where it was already. */
  seenTwice(node: number, record: number): boolean {
    const at = node * nodeSize + recordOf;
    if (this.nodes[at] === record) return true;
    this.nodes[at] = record;
    return false;
  }

  /** Dictionary index of the node's name under `epoch`, -1 where it is not known. */
  boundIndex(node: number, epoch: number): number {
    const base = node * nodeSize;
    return this.nodes[base + boundEpoch] === epoch ? this.nodes[base + boundIndex] : -1;
  }

  bind(node: number, epoch: number, index: number): void {
    this.nodes[node * nodeSize + boundEpoch] = epoch;
    this.nodes[node * nodeSize + boundIndex] = index;
  }

  /** Puts the node's dotted name into `nameBytes`; returns its length. */
  nameOf(node: number): number {
    const length = this.nodes[node * nodeSize + nameLength];
    if (length + 8 > this.nameBytes.length) {
      this.nameBytes = new Uint8Array(length * 2 + 8);
      this.nameView = new DataView(this.nameBytes.buffer);
    }
    let to = length;
    for (let at = node; to > 0; ) {
      const base = at * nodeSize;
      const from = this.nodes[base + firstWord] * 4;
      const size = this.nodes[base + keyLength];
      to -= size;
      this.nameBytes.set(this.#keyBytes.subarray(from, from + size), to);
      if (to > 0) this.nameBytes[--to] = 0x2e;
      at = this.nodes[base + parentOf];
    }
    return length;
  }

  /** The node's dotted name as text. */
  nameText(node: number): string {
    const length = this.nameOf(node);
    return textDecoder.decode(this.nameBytes.subarray(0, length));
  }

  #add(parent: number, view: DataView, start: number, end: number, hash: number): number {
    const node = this.#count++;
    if (this.#count * nodeSize > this.nodes.length) this.nodes = grown(this.nodes);
    const base = node * nodeSize;
    const nodes = this.nodes;
    nodes[base + parentOf] = parent;
    nodes[base + hashOf] = hash;
    this.#storeKey(base, view, start, end);
    const prefix = this.#prefixLength(parent);
    nodes[base + nameLength] = (prefix < 0 ? 0 : prefix + 1) + end - start;
    this.#giveMeaning(node);
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    else this.#place(node);
    return node;
  }

  /** Length of the name that a child's name begins with, -1 where children begin a name. */
  #prefixLength(parent: number): number {
    const base = parent * nodeSize;
    if (parent <= metadataRoot) return -1;
    const action = this.nodes[base + actionOf];
    return action === keyActions.metadata || action === keyActions.resource ? -1 : this.nodes[base + nameLength];
  }

  #storeKey(base: number, view: DataView, start: number, end: number): void {
    const length = end - start;
    const words = (length + 4) >> 2;
    while (this.#wordsUsed + words > this.#words.length) {
      this.#words = grown(this.#words);
      this.#keyBytes = new Uint8Array(this.#words.buffer);
      this.#keyView = new DataView(this.#words.buffer);
    }
    const first = this.#wordsUsed;
    this.#wordsUsed += words;
    let predictable = true;
    for (let at = 0; at < length; at++) {
      const byte = view.getUint8(start + at);
      this.#keyBytes[first * 4 + at] = byte;
      if (byte < 0x20 || byte === 0x22 || byte === 0x5c) predictable = false;
    }
    this.#keyBytes[first * 4 + length] = 0x22;
    this.nodes[base + firstWord] = first;
    this.nodes[base + keyLength] = length;
    this.nodes[base + wordCount] = predictable ? words : 0;
    this.nodes[base + lastMask] = -1 >>> (8 * (words * 4 - length - 1));
  }

  #giveMeaning(node: number): void {
    const base = node * nodeSize;
    const parent = this.nodes[base + parentOf] * nodeSize;
    const parentAction = this.nodes[parent + actionOf];
    const parentScope = this.nodes[parent + scopeOf];
    const scope =
      parentAction === keyActions.metadata && parentScope === scopes.record
        ? scopes.metadata
        : parentAction === keyActions.resource && parentScope === scopes.record
          ? scopes.resource
          : parentScope === scopes.metadata && parent !== metadataRoot * nodeSize
            ? scopes.metadataBelow
            : parentScope;
    this.nodes[base + scopeOf] = scope;
    this.nodes[base + actionOf] = this.#action(node, scope);
  }

  #action(node: number, scope: number): number {
    const length = this.nodes[node * nodeSize + nameLength];
    if (length > this.#maxNameBytes) return keyActions.tooLong;
    if (scope === scopes.resource) return keyActions.resourceEntry;
    if (length > longestFieldName) return keyActions.attribute;
    const name = this.nameText(node);
    if (scope === scopes.record) {
      if (name === 'log') return keyActions.log;
      const field = this.#ownSpellings.get(name) ?? fieldOfName(name);
      if (field === 'ignored') return keyActions.ignored;
      if (field !== undefined) return recordFields[field];
    } else if (scope === scopes.metadata) {
      if (name === 'trace_id') return keyActions.metadataTraceId;
      if (name === 'span_id') return keyActions.metadataSpanId;
    }
    return name === 'overflow' ? keyActions.overflowName : keyActions.attribute;
  }

  #place(node: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.nodes[node * nodeSize + hashOf] & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = node;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let node = metadataRoot + 1; node < this.#count; node++) this.#place(node);
  }
}

function grown(from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}
