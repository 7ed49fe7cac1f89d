/**
 * The action line before a document in a bulk body: `{"create":{"_index":"logs","_id":"1"}}`.
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
 *
 * Clients repeat the same line for each document, so the last one is compared byte by byte and read only where it differs.
 */
import { sourceDefaults } from '#ingest/json-records.ts';
import type { SourceDefaults } from '#ingest/json-records.ts';
import { equalBytes } from '#model/text-dictionary.ts';
import { meaningOfIndex } from './index-name.ts';

export const operations = ['index', 'create', 'update', 'delete'] as const;
export type Operation = (typeof operations)[number];

export interface BulkAction {
  readonly operation: Operation;
  /** Empty where neither the line nor the path names one. */
  readonly index: string;
  /** As the sender gave it; it is answered, and nothing else. */
  readonly id: string | undefined;
  /** What the index says of records that do not say it themselves. */
  readonly defaults: SourceDefaults;
}

/** Longest action line that is read. */
const maxActionBytes = 16 * 1024;
/** Index names remembered; a sender that makes up more starts anew. */
const maxIndexes = 1024;
const textDecoder = new TextDecoder();

export class BulkActionReader {
  readonly #defaultsOfIndex = new Map<string, SourceDefaults>();
  #pathIndex = '';
  #last: BulkAction | undefined;
  #lastStart = 0;
  #lastEnd = 0;

  /** Prepares for a body; `pathIndex` is the index for lines that name none. */
  open(pathIndex: string): void {
    this.#pathIndex = pathIndex;
    this.#last = undefined;
  }

  /** The action of the line `start .. end`, undefined where it is none. The body must be the same since `open`. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): BulkAction | undefined {
    const length = end - start;
    if (this.#last !== undefined && this.#lastEnd - this.#lastStart === length && equalBytes(view, this.#lastStart, view, start, length)) {
      return this.#last;
    }
    this.#last = length > maxActionBytes ? undefined : this.#parse(textDecoder.decode(bytes.subarray(start, end)));
    this.#lastStart = start;
    this.#lastEnd = end;
    return this.#last;
  }

  /** An action on `index` by a path: `/{index}/_doc/{id}`. */
  named(operation: Operation, index: string, id: string | undefined): BulkAction {
    return { operation, index, id, defaults: this.#defaults(index) };
  }

  #parse(line: string): BulkAction | undefined {
    const parsed = objectOf(line);
    if (parsed === undefined) return undefined;
    // other members stand beside the action in some clients: winston-elasticsearch adds "attempts"
    const operation = operations.find((name) => Object.hasOwn(parsed, name));
    const metadata = operation === undefined ? undefined : parsed[operation];
    if (operation === undefined || !isObject(metadata)) return undefined;
    const { _index: index = this.#pathIndex, _id: id } = metadata;
    if (index !== null && typeof index !== 'string') return undefined;
    return this.named(operation, index ?? this.#pathIndex, typeof id === 'string' || typeof id === 'number' ? String(id) : undefined);
  }

  #defaults(index: string): SourceDefaults {
    let defaults = this.#defaultsOfIndex.get(index);
    if (defaults === undefined) {
      if (this.#defaultsOfIndex.size === maxIndexes) this.#defaultsOfIndex.clear();
      const { service, environment } = meaningOfIndex(index);
      defaults = sourceDefaults(new Map([['environment', JSON.stringify(environment)]]), { service });
      this.#defaultsOfIndex.set(index, defaults);
    }
    return defaults;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
