/**
 * Request data → typed values, by the same TypeBox schemas that the OpenAPI document shows. What is wrong is said with
 * its place, and an unknown name with the one that was probably meant.
 */
import { Compile } from 'typebox/compile';
import type { Static, TObject } from 'typebox';
import { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { quoted } from '#base/quoted.ts';
import { jsonTypeNames, pointerMembers } from '#base/schema-words.ts';

/** Reads a value; throws AppError `bad_request`. */
export type RequestReader<T> = (value: unknown) => T;

interface Violation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/**
 * A reader of one schema. A member that is null counts as absent, at the top and in the objects directly below:
 * many clients write what they do not set as null.
 */
export function createRequestReader<S extends TObject>(schema: S, what: string): RequestReader<Static<S>> {
  const compiled = Compile(schema);
  return (value) => {
    const given = withoutNulls(value, 2);
    if (compiled.Check(given)) return given as Static<S>;
    throw describeViolation(compiled.Errors(given) as readonly Violation[], given, schema, what);
  };
}

function withoutNulls(value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, name === 'filters' ? member : withoutNulls(member, depth - 1)]));
}

function describeViolation(violations: readonly Violation[], value: unknown, schema: TObject, what: string): AppError {
  const unknown = violations.find(({ keyword }) => keyword === 'additionalProperties');
  if (unknown !== undefined) return unknownName(unknown, value, schema, what);
  // Of a choice of schemas each failed one is told: the deepest place is the one that is wrong.
  const deepest = violations.reduce((found, next) => (depthOf(next) > depthOf(found) ? next : found));
  const path = pathOf(deepest.instancePath);
  const at = violations.filter(
    ({ instancePath, keyword }) => instancePath === deepest.instancePath && keyword !== 'anyOf' && keyword !== 'boolean',
  );
  const problem = at.length === 0 ? deepest.message : [...new Set(at.map(describeOne))].join(' or ').replaceAll(' or must be ', ' or ');
  return new AppError('bad_request', `${path === '' ? what : path} ${problem}`, { details: path === '' ? {} : { field: path } });
}

function unknownName({ params, instancePath }: Violation, value: unknown, schema: TObject, what: string): AppError {
  const names = (params as { readonly additionalProperties: readonly string[] }).additionalProperties;
  const path = pathOf(instancePath);
  const known = Object.keys(path === '' ? schema.properties : (propertiesAt(schema, path) ?? {}));
  const name = names[0] ?? Object.keys(value as object).find((key) => !known.includes(key)) ?? '';
  const nearest = nearestName(name, known);
  const shown = quoted(name);
  const others = known.length === 0 ? '' : `; known are ${known.join(', ')}`;
  const advice = nearest === undefined ? others : `; did you mean "${nearest}"`;
  return new AppError('bad_request', `${path === '' ? what : path} has no member ${shown}${advice}`, {
    details: { field: path === '' ? name : `${path}.${name}`, known, ...(nearest === undefined ? {} : { did_you_mean: nearest }) },
  });
}

/** Members of the object at a place, through lists too; undefined where the schema names none there. */
function propertiesAt(schema: TObject, path: string): object | undefined {
  let at: Partial<TObject> & { readonly items?: object } = schema;
  for (const name of path.split('.')) at = at.properties?.[name] ?? at.items ?? {};
  return at.properties;
}

function describeOne({ keyword, params, message }: Violation): string {
  const { type, allowedValues, limit } = params as {
    readonly type?: string;
    readonly allowedValues?: readonly unknown[];
    readonly limit?: number;
  };
  if (keyword === 'type') return `must be ${jsonTypeNames[type ?? ''] ?? type}`;
  if (keyword === 'enum') return `must be one of ${(allowedValues ?? []).map((allowed) => JSON.stringify(allowed)).join(', ')}`;
  if (keyword === 'minimum') return `must be at least ${limit}`;
  if (keyword === 'maximum') return `must be at most ${limit}`;
  if (keyword === 'required')
    return `lacks ${(params as { readonly requiredProperties: readonly string[] }).requiredProperties.map((name) => `"${name}"`).join(', ')}`;
  return message;
}

function depthOf({ instancePath }: Violation): number {
  return instancePath.split('/').length;
}

/** `/time_range/from` → `time_range.from`. */
const pathOf = (pointer: string): string => pointerMembers(pointer).join('.');
