/**
 * The settings of a schema as a list, and how a text or YAML value becomes a setting's value.
 *
 * Called by config-load.ts, config-docs.ts and config-print.ts.
 */
import { Ajv } from 'ajv';
import type { SettingUnit } from '#base/config-schema.ts';
import { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from '#base/units.ts';

/** What we read of a TypeBox schema; it is plain JSON Schema beside `unit`. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly unit?: SettingUnit;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

export interface Setting {
  /** Such as `log.max_bytes`. */
  readonly path: string;
  /** Such as `MILLRACE_LOG_MAX_BYTES`. */
  readonly variable: string;
  readonly schema: SchemaNode;
}

export const isSection = (node: SchemaNode): boolean => node.type === 'object' && node.properties !== undefined;

export const variableOf = (path: string): string => `MILLRACE_${path.replaceAll('.', '_').toUpperCase()}`;

/** All settings under a section, in the order of their declaration. */
export function settingsOf(node: SchemaNode, prefix = ''): Setting[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return isSection(child) ? settingsOf(child, path) : [{ path, variable: variableOf(path), schema: child }];
  });
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

const numberOf = (text: string): number | undefined => (/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : undefined);

/** How each unit reads a text; undefined where it cannot. */
const readText: Readonly<Record<Exclude<SettingUnit, 'list' | 'secret' | 'structure'>, (text: string) => unknown>> = {
  bytes: parseBytes,
  duration_ms: parseDurationMs,
  integer: numberOf,
  number: numberOf,
  boolean: (text) => truths[text.trim().toLowerCase()],
  text: (text) => text,
};

const ajv = new Ajv({ strict: false });
const validators = new WeakMap<SchemaNode, (value: unknown) => boolean>();

function isValid(schema: SchemaNode, value: unknown): boolean {
  let validate = validators.get(schema);
  if (validate === undefined) validators.set(schema, (validate = ajv.compile(schema)));
  return validate(value);
}

/** The setting's value for what YAML or a text gave, or undefined where that is not allowed. Not for lists and secrets. */
export function readValue(schema: SchemaNode, given: unknown): unknown {
  const unit = schema.unit ?? 'text';
  if (unit === 'list' || unit === 'secret' || unit === 'structure') return undefined;
  const isScalar = typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean';
  if (!isScalar || (typeof given === 'boolean' && unit !== 'boolean' && unit !== 'text')) return undefined;
  if (typeof given === 'number' && unit === 'boolean') return undefined;
  const value = typeof given === 'string' ? readText[unit](given) : unit === 'text' ? String(given) : given;
  return value !== undefined && isValid(schema, value) ? value : undefined;
}

const kindTexts: Readonly<Record<SettingUnit, string>> = {
  bytes: 'a size such as 64MiB or 10GB',
  duration_ms: 'a time span such as 250ms, 5s or 1h30m',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  text: 'a text',
  secret: 'a text, {env: NAME} or {file: path}',
  list: 'a list',
  structure: 'a map or list of its own shape',
};

/** What a setting takes, in words: `a whole number from 0 to 64`. */
export function allowedText({ unit = 'text', minimum, maximum, enum: options }: SchemaNode): string {
  if (options !== undefined) return `one of ${options.join(', ')}`;
  const kind = kindTexts[unit];
  const least =
    minimum === undefined || (minimum === 0 && unit !== 'integer' && unit !== 'number') ? undefined : formatValue(unit, minimum);
  const most = maximum === undefined ? undefined : formatValue(unit, maximum);
  if (least !== undefined && most !== undefined) return `${kind} from ${least} to ${most}`;
  if (least !== undefined) return `${kind}, at least ${least}`;
  return most === undefined ? kind : `${kind}, at most ${most}`;
}

/** A value as people write it: `64MiB`, `5s`, `none`. */
export function formatValue(unit: SettingUnit | undefined, value: unknown): string {
  if (unit === 'bytes' && typeof value === 'number') return formatDecimalBytes(value);
  if (unit === 'duration_ms' && typeof value === 'number') return value === 0 ? '0s' : formatDurationMs(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The shorter of `10GB` and `64MiB`: 10 GB in binary units reads `9765625KiB`. */
function formatDecimalBytes(value: number): string {
  const binary = formatBytes(value);
  for (const [unit, size] of [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['KB', 1e3],
  ] as const) {
    const decimal = `${value / size}${unit}`;
    if (value >= size && value % size === 0 && decimal.length < binary.length) return decimal;
  }
  return binary;
}
