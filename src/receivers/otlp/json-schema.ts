/**
 * The messages of OTLP logs as a table: JSON name → number and type (opentelemetry-proto, logs/v1, common/v1, resource/v1).
 * JSON has lowerCamelCase names; a parser of protobuf's JSON must also take the names of the .proto files.
 */

import { TextDictionary } from '#model/text-dictionary.ts';

export type FieldType =
  | 'text'
  | 'bool'
  | 'int64'
  | 'uint32'
  | 'fixed32'
  | 'double'
  /** Nanoseconds as a fixed64. */
  | 'time'
  | 'severity'
  /** bytes in base64, as protobuf's JSON has them. */
  | 'bytes'
  /** bytes in hexadecimal: OTLP's exception for ids. */
  | 'id'
  /** A message, which may come nested in itself; `AnyValue` counts its nesting. */
  | JsonMessage;

export interface JsonField {
  readonly number: number;
  readonly type: FieldType;
  readonly isRepeated: boolean;
}

export interface JsonMessage {
  readonly name: string;
  /** By number of the name in `KeyNames`. */
  readonly fields: readonly (JsonField | undefined)[];
}

type Row = readonly [name: string, number: number, type: FieldType, repeated?: 'repeated'];

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** All names, numbered from 1 as they come. */
const numberOfName = new Map<string, number>();

function numberOf(name: string): number {
  const number = numberOfName.get(name) ?? numberOfName.size + 1;
  numberOfName.set(name, number);
  return number;
}

/** Messages whose rows are to be read when all of them are there: a row may name a message that stands below it. */
const unfinished: (() => void)[] = [];

function message(name: string, rows: () => readonly Row[]): JsonMessage {
  const fields: (JsonField | undefined)[] = [];
  unfinished.push(() => {
    for (const [camelCase, number, type, repeated] of rows()) {
      const field = { number, type, isRepeated: repeated !== undefined };
      for (const spelling of [camelCase, snakeCase(camelCase)]) fields[numberOf(spelling)] = field;
    }
  });
  return { name, fields };
}

/** Finds the number of a name by its bytes, without making a text of it. */
export class KeyNames {
  readonly #dictionary = new TextDictionary();

  constructor() {
    for (const name of numberOfName.keys()) {
      const bytes = new TextEncoder().encode(name);
      this.#dictionary.indexOf(bytes, new DataView(bytes.buffer), 0, bytes.length);
    }
  }

  /** 0 for a name that is in no message. */
  numberOf(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const number = this.#dictionary.indexOf(bytes, view, start, end);
    if (number <= numberOfName.size) return number;
    this.#dictionary.truncate(numberOfName.size + 1);
    return 0;
  }
}

export const anyValue = message('AnyValue', () => [
  ['stringValue', 1, 'text'],
  ['boolValue', 2, 'bool'],
  ['intValue', 3, 'int64'],
  ['doubleValue', 4, 'double'],
  ['arrayValue', 5, arrayValue],
  ['kvlistValue', 6, keyValueList],
  ['bytesValue', 7, 'bytes'],
]);

const arrayValue = message('ArrayValue', () => [['values', 1, anyValue, 'repeated']]);
const keyValueList = message('KeyValueList', () => [['values', 1, keyValue, 'repeated']]);
const keyValue = message('KeyValue', () => [
  ['key', 1, 'text'],
  ['value', 2, anyValue],
]);

const resource = message('Resource', () => [
  ['attributes', 1, keyValue, 'repeated'],
  ['droppedAttributesCount', 2, 'uint32'],
]);

const instrumentationScope = message('InstrumentationScope', () => [
  ['name', 1, 'text'],
  ['version', 2, 'text'],
  ['attributes', 3, keyValue, 'repeated'],
  ['droppedAttributesCount', 4, 'uint32'],
]);

const logRecord = message('LogRecord', () => [
  ['timeUnixNano', 1, 'time'],
  ['severityNumber', 2, 'severity'],
  ['severityText', 3, 'text'],
  ['body', 5, anyValue],
  ['attributes', 6, keyValue, 'repeated'],
  ['droppedAttributesCount', 7, 'uint32'],
  ['flags', 8, 'fixed32'],
  ['traceId', 9, 'id'],
  ['spanId', 10, 'id'],
  ['observedTimeUnixNano', 11, 'time'],
  ['eventName', 12, 'text'],
]);

const scopeLogs = message('ScopeLogs', () => [
  ['scope', 1, instrumentationScope],
  ['logRecords', 2, logRecord, 'repeated'],
  ['schemaUrl', 3, 'text'],
]);

const resourceLogs = message('ResourceLogs', () => [
  ['resource', 1, resource],
  ['scopeLogs', 2, scopeLogs, 'repeated'],
  ['schemaUrl', 3, 'text'],
]);

export const exportLogsServiceRequest = message('ExportLogsServiceRequest', () => [['resourceLogs', 1, resourceLogs, 'repeated']]);

for (const finish of unfinished) finish();
