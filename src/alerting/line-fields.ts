/**
 * Values of a batch's lines by the names of queries, the same that line-values.ts of the language gives of a line. What a
 * name means is found once; which key of a batch it is, once a batch.
 */
import type { BatchView, DictionaryColumn, MapColumn, TextColumn } from '#model/batch-view.ts';
import { resolveField } from '#language/fields.ts';
import type { FieldTarget, MapColumnName } from '#language/fields.ts';
import { numberOfValue } from '#language/quantities.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import type { LineFields } from './condition-state.ts';

/** Longer texts are no numbers. */
const maxNumberBytes = 32;
const maxPlainDigits = 15;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class BatchFields implements LineFields {
  readonly #view: BatchView;
  readonly #targets: Map<string, FieldTarget>;
  /** By map and key: its index in the dictionary of the batch, -1 where the batch has none. */
  readonly #keys = { attributes: new Map<string, number>(), resource: new Map<string, number>() };
  /** Asked of the view once: it is asked for by every line. */
  readonly #maps: { attributes?: MapColumn; resource?: MapColumn } = {};

  /** `targets`: meanings of names, kept by the caller from batch to batch. */
  constructor(view: BatchView, targets: Map<string, FieldTarget>) {
    this.#view = view;
    this.#targets = targets;
  }

  /** The column of a field that has few values; undefined for others. */
  dictionary(field: string): DictionaryColumn | undefined {
    const target = this.#targetOf(field);
    return target.kind === 'dictionary' ? this.#view.dictionary(target.column) : undefined;
  }

  text(row: number, field: string): string {
    const target = this.#targetOf(field);
    const view = this.#view;
    switch (target.kind) {
      case 'dictionary': {
        const { values, indexes } = view.dictionary(target.column);
        return values[indexes[row]];
      }
      case 'id':
        return textAt(view.text(target.column), row);
      case 'message':
        return textAt(view.text('message'), row);
      case 'line':
        return textAt(view.text('raw'), row) || textAt(view.text('message'), row);
      case 'level':
        return severityName(view.level[row]);
      case 'skewed':
        return String(view.skewed[row] !== 0);
      case 'time':
        return formatTimestamp(view.ts[row]);
      case 'tags': {
        const { offsets, values } = view.list('tags');
        return Array.from(values.indexes.subarray(offsets[row], offsets[row + 1]), (index) => values.values[index]).join(',');
      }
      case 'entry':
        return this.#entryText(row, target.map, target.key);
      case 'property':
        return this.#entryText(row, 'attributes', target.key) || this.#entryText(row, 'resource', target.key);
      default:
        return target satisfies never;
    }
  }

  number(row: number, field: string): number {
    const target = this.#targetOf(field);
    if (target.kind !== 'entry' && target.kind !== 'property') return numberOfText(this.text(row, field));
    const found = this.#entryNumber(row, target.kind === 'entry' ? target.map : 'attributes', target.key);
    if (found !== undefined) return found;
    return target.kind === 'entry' ? Number.NaN : (this.#entryNumber(row, 'resource', target.key) ?? Number.NaN);
  }

  #targetOf(field: string): FieldTarget {
    let target = this.#targets.get(field);
    if (target === undefined) {
      target = resolveField(field);
      this.#targets.set(field, target);
    }
    return target;
  }

  #mapOf(column: MapColumnName): MapColumn {
    return (this.#maps[column] ??= this.#view.map(column));
  }

  #entryText(row: number, column: MapColumnName, key: string): string {
    const map = this.#mapOf(column);
    const entry = this.#entryOf(map, row, column, key);
    return entry < 0 ? '' : textAt(map.values, entry);
  }

  /** Undefined where the line has no such entry, or an empty one. */
  #entryNumber(row: number, column: MapColumnName, key: string): number | undefined {
    const map = this.#mapOf(column);
    const entry = this.#entryOf(map, row, column, key);
    if (entry < 0 || map.values.ends[entry] === map.values.starts[entry]) return undefined;
    return numberAt(map.values, entry);
  }

  /** Of several entries with the key the first counts; -1 for none. */
  #entryOf({ offsets, keys }: MapColumn, row: number, column: MapColumnName, key: string): number {
    const known = this.#keys[column];
    let index = known.get(key);
    if (index === undefined) {
      index = keys.values.indexOf(key);
      known.set(key, index);
    }
    if (index < 0) return -1;
    const { indexes } = keys;
    for (let entry = offsets[row], end = offsets[row + 1]; entry < end; entry++) if (indexes[entry] === index) return entry;
    return -1;
  }
}

function textAt({ bytes, starts, ends }: TextColumn, at: number): string {
  return ends[at] === starts[at] ? '' : decoder.decode(bytes.subarray(starts[at], ends[at]));
}

const numberOfText = (text: string): number => numberOfValue(text) ?? Number.NaN;

/** Plain digits, with a fraction perhaps, are read from their bytes. NaN for no number. */
function numberAt(column: TextColumn, entry: number): number {
  const { bytes, starts, ends } = column;
  // not as a pair: V8 makes the array of one
  const start = starts[entry];
  const end = ends[entry];
  if (end - start > maxNumberBytes) return Number.NaN;
  if (end - start > maxPlainDigits) return numberOfText(textAt(column, entry));
  let value = 0;
  let scale = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      scale *= 10;
    } else if (bytes[at] === 0x2e && scale === 0 && at > start) scale = 1;
    else return numberOfText(textAt(column, entry));
  }
  return scale === 0 ? value : value / scale;
}
