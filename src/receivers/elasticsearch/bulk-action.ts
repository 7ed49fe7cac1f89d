/**
 * The action line before a document in a bulk body: `{"create":{"_index":"logs","_id":"1"}}`.
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
 *
 * Clients repeat the same line for each document, or the same but for the id: a line is compared with the one before it,
 * and the meaning of an index is looked up once.
 */
import { MalformedJson, sourceDefaults } from '#ingest/json-records.ts';
import type { JsonScanner, SourceDefaults } from '#ingest/json-records.ts';
import { equalBytes } from '#model/text-dictionary.ts';
import { isText, walkMembers } from '#receivers/json-members.ts';
import { meaningOfIndex } from './index-name.ts';

export const operations = ['index', 'create', 'update', 'delete'] as const;
export type Operation = (typeof operations)[number];

export interface BulkIndex {
  /** Empty where neither the line nor the path names one. */
  readonly name: string;
  /** The name as JSON. */
  readonly json: string;
  /** What the name says of the service, and of the environment: for documents that do not say it themselves. */
  readonly service: SourceDefaults;
  readonly environment: SourceDefaults;
}

export interface BulkAction {
  readonly operation: Operation;
  readonly index: BulkIndex;
  /** The id that the sender gave, as JSON: it is answered, and nothing else. */
  readonly id: string | undefined;
}

/** Longest action line that is read. */
const maxActionBytes = 16 * 1024;
/** Index names remembered; a sender that makes up more starts anew. */
const maxIndexes = 1024;

export class BulkActionReader {
  /** By their names as JSON. */
  readonly #indexes = new Map<string, BulkIndex>();
  #pathIndex = this.indexOf('');
  #last: BulkAction | undefined;
  #lastStart = 0;
  #lastEnd = 0;
  /** The body, as what makes short texts fastest: half the time of a TextDecoder. */
  #body: Buffer = Buffer.alloc(0);

  /** Prepares for a body; `pathIndex` is the index for lines that name none. */
  open({ buffer, byteOffset, length }: Uint8Array, pathIndex: string): void {
    this.#body = Buffer.from(buffer, byteOffset, length);
    this.#pathIndex = this.indexOf(pathIndex);
    this.#last = undefined;
    // an empty range, which no line equals: the old one lies in another body
    this.#lastStart = this.#lastEnd = 0;
  }

  /** Lets go of the body. */
  close(): void {
    this.#body = Buffer.alloc(0);
  }

  /** The action of the line from `start` to the scanner's end, undefined where it is none. The body is the one of `open`. */
  read(scanner: JsonScanner, start: number): BulkAction | undefined {
    const { view, end } = scanner;
    const length = end - start;
    if (this.#lastEnd - this.#lastStart === length && equalBytes(view, this.#lastStart, view, start, length)) return this.#last;
    this.#last = length > maxActionBytes ? undefined : this.#parse(scanner, start);
    this.#lastStart = start;
    this.#lastEnd = end;
    return this.#last;
  }

  /** What an index means. */
  indexOf(name: string): BulkIndex {
    return this.#indexOfJson(JSON.stringify(name));
  }

  #indexOfJson(json: string): BulkIndex {
    let index = this.#indexes.get(json);
    if (index === undefined) {
      if (this.#indexes.size === maxIndexes) this.#indexes.clear();
      const name = (JSON.parse(json) as string).toWellFormed();
      const { service, environment } = meaningOfIndex(name);
      index = {
        name,
        json,
        service: sourceDefaults(undefined, { service }),
        environment: sourceDefaults(new Map([['environment', JSON.stringify(environment)]]), {}),
      };
      this.#indexes.set(json, index);
    }
    return index;
  }

  #parse(scanner: JsonScanner, start: number): BulkAction | undefined {
    if (scanner.bytes[start] !== 0x7b) return undefined;
    let action: BulkAction | undefined;
    let isBad = false;
    try {
      const end = walkMembers(scanner, start, (keyStart, keyEnd, valueAt) => {
        // other members stand beside the action in some clients: winston-elasticsearch adds "attempts"
        const operation = operations.find((name) => isText(scanner.bytes, keyStart, keyEnd, name));
        const behind = scanner.skipValue(valueAt, 1);
        if (operation === undefined || action !== undefined) return behind;
        action = scanner.bytes[valueAt] === 0x7b ? this.#action(scanner, operation, valueAt) : undefined;
        isBad ||= action === undefined;
        return behind;
      });
      return isBad || scanner.skipSpace(end) < scanner.end ? undefined : action;
    } catch (thrown) {
      if (thrown instanceof MalformedJson) return undefined;
      throw thrown;
    }
  }

  /** The action whose metadata begins at `at`; undefined where its index is no text. */
  #action(scanner: JsonScanner, operation: Operation, at: number): BulkAction | undefined {
    const { bytes } = scanner;
    let index: BulkIndex | undefined = this.#pathIndex;
    let id: string | undefined;
    walkMembers(scanner, at, (keyStart, keyEnd, valueAt) => {
      const end = scanner.skipValue(valueAt, 2);
      const first = bytes[valueAt];
      if (isText(bytes, keyStart, keyEnd, '_index')) {
        if (first !== 0x6e) index = first === 0x22 ? this.#indexOfJson(this.#body.toString('utf8', valueAt, end)) : undefined;
      } else if (isText(bytes, keyStart, keyEnd, '_id')) {
        id = this.#id(valueAt, end);
      }
      return end;
    });
    return index === undefined ? undefined : { operation, index, id };
  }

  /** An id as JSON text; a number is answered as text, as Elasticsearch does it. */
  #id(start: number, end: number): string | undefined {
    const first = this.#body[start];
    if (first === 0x22) return this.#body.toString('utf8', start, end);
    return first === 0x2d || (first >= 0x30 && first <= 0x39) ? `"${this.#body.toString('utf8', start, end)}"` : undefined;
  }
}
