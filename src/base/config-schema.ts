/**
 * The words in which every module declares its settings, in its own `config.ts`.
 *
 * A section is a JSON Schema (TypeBox) whose leaves carry a default, a description and a unit. `cli/config-load.ts`
 * composes the sections, reads defaults < YAML < environment < flags, and validates the result with ajv.
 * Values in the loaded configuration are plain numbers: bytes and milliseconds.
 */
import { Type, type Static, type TObject, type TProperties, type TSchema } from 'typebox';
import { invariant } from './errors.ts';
import type { Secret } from './secret.ts';
import { parseBytes, parseDurationMs } from './units.ts';

export type { Static };

/** How a text value (YAML, environment, flag) becomes the schema's value. */
export type SettingUnit = 'bytes' | 'duration_ms' | 'integer' | 'number' | 'boolean' | 'text' | 'secret' | 'list' | 'structure';

function leaf<S extends TSchema>(schema: S, unit: SettingUnit): S {
  return Object.assign(schema, { unit });
}

function readDefault(text: string, parse: (text: string) => number | undefined): number {
  const value = parse(text);
  invariant(value !== undefined, `default "${text}" cannot be read`);
  return value;
}

interface Bounds {
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/** A size: `64MiB`. */
export const bytes = (byDefault: string, description: string, bounds: Bounds = {}) =>
  leaf(Type.Number({ default: readDefault(byDefault, parseBytes), description, minimum: 0, ...bounds }), 'bytes');

/** A time span: `5s`; loaded as milliseconds. */
export const duration = (byDefault: string, description: string, bounds: Bounds = {}) =>
  leaf(Type.Number({ default: readDefault(byDefault, parseDurationMs), description, minimum: 0, ...bounds }), 'duration_ms');

/** A whole number. */
export const integer = (byDefault: number, description: string, bounds: Bounds = {}) =>
  leaf(Type.Integer({ default: byDefault, description, ...bounds }), 'integer');

/** A number. */
export const decimal = (byDefault: number, description: string, bounds: Bounds = {}) =>
  leaf(Type.Number({ default: byDefault, description, ...bounds }), 'number');

/** On or off. */
export const flag = (byDefault: boolean, description: string) => leaf(Type.Boolean({ default: byDefault, description }), 'boolean');

/** A text; `options` closes the set of values. */
export const text = (byDefault: string, description: string, options?: readonly string[]) =>
  leaf(Type.String({ default: byDefault, description, ...(options ? { enum: [...options] } : {}) }), 'text');

/** A secret: in YAML `{env: NAME}`, `{file: path}` or the text itself; loaded as a Secret, undefined where not given. */
export const secret = (description: string) =>
  Object.assign(Type.Optional(Type.Unsafe<Secret>({ type: 'string', description })), { unit: 'secret' as const });

/** Maps and lists of any shape, checked by their owner; in them `{env: NAME}` and `{file: path}` become Secrets. Undefined where not given. */
export const structure = (description: string) =>
  Object.assign(Type.Optional(Type.Unsafe<unknown>({ description })), { unit: 'structure' as const });

/** Several settings under one name. */
export function section<P extends TProperties>(description: string, properties: P): TObject<P> {
  return Type.Object(properties, { description, additionalProperties: false, default: {} });
}

/** A list of objects, such as API keys: from YAML, or as YAML text from the environment. */
export function list<S extends TSchema>(description: string, item: S) {
  return leaf(Type.Array(item, { description, default: [] }), 'list');
}
