/**
 * The answer to a bulk request: `{"took":3,"errors":false,"items":[{"create":{"_index":"logs","status":201}}]}`.
 *
 * The order of the members and the lack of blanks matter: Fluent Bit looks for the text `"errors":false,"items":[` where
 * an answer is longer than its buffer, Vector for `"errors":true`. Items are in the order of the body and as small as
 * clients allow: `_index` and `status` are what the typed clients insist on.
 */
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { BulkAction, Operation } from './bulk-action.ts';
import { operations } from './bulk-action.ts';
import type { BulkItemSink } from './decode.ts';
import { FilterPath } from './filter-path.ts';

/** Status of an item that cannot be taken: clients drop it, and it is in the quarantine. */
const refusedStatus = 400;

/** Which members of an item the client wants. */
interface ItemShape {
  readonly index: boolean;
  readonly id: boolean;
  readonly status: boolean;
  readonly type: boolean;
  readonly reason: boolean;
}

const wholeItem: ItemShape = { index: true, id: true, status: true, type: true, reason: true };

export class BulkReply implements BulkItemSink {
  readonly #shapes: Readonly<Record<Operation, ItemShape>>;
  readonly #filter: FilterPath | undefined;
  readonly #items: string[] = [];
  #hasErrors = false;
  #lastAction: BulkAction | undefined;
  #lastItem = '';

  /** `filter` is the parameter `filter_path`, null where there is none. */
  constructor(filter: string | null) {
    this.#filter = filter === null ? undefined : new FilterPath(filter);
    this.#shapes = shapesOf(this.#filter);
  }

  taken(action: BulkAction): void {
    if (action !== this.#lastAction) {
      this.#lastAction = action;
      this.#lastItem = this.#item(action, 201);
    }
    if (this.#lastItem !== '') this.#items.push(this.#lastItem);
  }

  failed(action: BulkAction, code: RecordErrorCode, reason: string): void {
    this.#hasErrors = true;
    const item = this.#item(action, refusedStatus, { type: errorTypeOf(code), reason });
    if (item !== '') this.#items.push(item);
  }

  render(tookMs: number): string {
    const filter = this.#filter;
    const members: string[] = [];
    if (filter === undefined || filter.keeps(['took'])) members.push(`"took":${Math.round(tookMs)}`);
    if (filter === undefined || filter.keeps(['errors'])) members.push(`"errors":${this.#hasErrors}`);
    if (filter === undefined || this.#items.length > 0) members.push(`"items":[${this.#items.join(',')}]`);
    return `{${members.join(',')}}`;
  }

  /** JSON of an item, empty where nothing of it is wanted. */
  #item({ operation, index, id }: BulkAction, status: number, error?: { readonly type: string; readonly reason: string }): string {
    const shape = this.#shapes[operation];
    let members = '';
    if (shape.index && index.name !== '') members += `,"_index":${index.json}`;
    if (shape.id && id !== undefined) members += `,"_id":${id}`;
    if (shape.status) members += `,"status":${status}`;
    if (error !== undefined && (shape.type || shape.reason)) {
      const type = shape.type ? [`"type":${JSON.stringify(error.type)}`] : [];
      const reason = shape.reason ? [`"reason":${JSON.stringify(error.reason)}`] : [];
      members += `,"error":{${[...type, ...reason].join(',')}}`;
    }
    return members === '' ? '' : `{"${operation}":{${members.slice(1)}}}`;
  }
}

function shapesOf(filter: FilterPath | undefined): Readonly<Record<Operation, ItemShape>> {
  const shapes = operations.map((operation): [Operation, ItemShape] => {
    if (filter === undefined) return [operation, wholeItem];
    const keeps = (...path: string[]): boolean => filter.keeps(['items', operation, ...path]);
    return [
      operation,
      { index: keeps('_index'), id: keeps('_id'), status: keeps('status'), type: keeps('error', 'type'), reason: keeps('error', 'reason') },
    ];
  });
  return Object.fromEntries(shapes) as Record<Operation, ItemShape>;
}

/** Elasticsearch's name of why a document cannot be taken. */
export function errorTypeOf(code: RecordErrorCode): string {
  switch (code) {
    case 'not_an_object':
    case 'malformed_record':
    case 'invalid_timestamp':
      return 'document_parsing_exception';
    default:
      return 'illegal_argument_exception';
  }
}
