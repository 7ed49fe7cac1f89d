/** What is wrong with a rule, each thing with its place: found by reading, by the schemas of the model, and by rule-check.ts. */
import { Compile } from 'typebox/compile';
import type { TSchema } from 'typebox';
import { AppError } from '#base/errors.ts';
import type { ErrorCode } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { jsonTypeNames, pointerMembers } from '#base/schema-words.ts';

export interface RuleProblem {
  /** Member of the model, such as `condition.filter` or `actions.0.channel`; empty: the whole rule. */
  readonly field: string;
  readonly message: string;
  readonly code: ErrorCode;
  /** Where in a query or template, UTF-16 units from 0. */
  readonly position?: number | undefined;
  readonly length?: number | undefined;
  /** Setting whose bound it is over. */
  readonly setting?: string | undefined;
}

export interface RuleFindings {
  readonly problems: readonly RuleProblem[];
  /** What is allowed and yet probably not meant. */
  readonly warnings: readonly RuleProblem[];
}

/** What a check adds to. */
export interface Findings {
  readonly problems: RuleProblem[];
  readonly warnings: RuleProblem[];
}

export const problem = (field: string, message: string, code: ErrorCode = 'bad_request'): RuleProblem => ({ field, message, code });

const maxTold = 100;

/** The first problem as an error; all of them are in its details. */
export function ruleError(problems: readonly [RuleProblem, ...RuleProblem[]], ruleName?: string): AppError {
  const [{ code, message, ...place }] = problems;
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  const of = ruleName === undefined ? '' : `rule "${ruleName.slice(0, 80)}": `;
  return new AppError(code, `${of}${place.field === '' ? '' : `${place.field}: `}${message}${more}`, {
    details: { ...withoutUndefined(place), problems: problems.slice(0, maxTold) },
  });
}

/** An error of the language about the query of a member. */
export function queryProblem(field: string, { code, message, details }: AppError): RuleProblem {
  const number = (name: string): number | undefined => (typeof details[name] === 'number' ? details[name] : undefined);
  const setting = typeof details['setting'] === 'string' ? details['setting'] : undefined;
  return { field, message, code, ...withoutUndefined({ position: number('position'), length: number('length'), setting }) };
}

function withoutUndefined<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

export const joinPath = (path: string, name: string | number): string =>
  path === '' ? String(name) : name === '' ? path : `${path}.${name}`;

/** `"name" is not known; did you mean …` */
export function unknownMember(path: string, name: string, known: readonly string[]): RuleProblem {
  const nearest = nearestName(name, known);
  const advice = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"`;
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return problem(joinPath(path, shown), `there is no member ${JSON.stringify(shown)} here; ${advice}`);
}

interface Violation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>();

/** What of the value is not as the schema says, one problem a place; empty where it is right. */
export function schemaProblems(schema: TSchema, value: unknown, path: string): RuleProblem[] {
  const check = compiled.get(schema) ?? Compile(schema);
  compiled.set(schema, check);
  if (check.Check(value)) return [];
  const byPlace = new Map<string, Violation[]>();
  for (const violation of check.Errors(value) as readonly Violation[]) {
    const at = byPlace.get(violation.instancePath) ?? [];
    byPlace.set(violation.instancePath, [...at, violation]);
  }
  return [...byPlace].flatMap(([pointer, violations]) => placeProblems(schema, joinPointer(path, pointer), violations));
}

function placeProblems(schema: TSchema, place: string, violations: readonly Violation[]): RuleProblem[] {
  const missing = violations.find(({ keyword }) => keyword === 'required');
  if (missing !== undefined) {
    const { requiredProperties } = missing.params as { readonly requiredProperties: readonly string[] };
    return requiredProperties.map((name) => problem(joinPath(place, name), 'it is missing'));
  }
  const unknown = violations.find(({ keyword }) => keyword === 'additionalProperties');
  if (unknown !== undefined) {
    const { additionalProperties } = unknown.params as { readonly additionalProperties: readonly string[] };
    const known = Object.keys((schema as { readonly properties?: object }).properties ?? {});
    return additionalProperties.map((name) => unknownMember(place, name, known));
  }
  const told = violations.filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'boolean');
  if (told.length === 0) return [];
  const constants = told
    .filter(({ keyword }) => keyword === 'const')
    .map(({ params }) => (params as { readonly allowedValue: unknown }).allowedValue);
  if (constants.length > 1) return [problem(place, `must be one of ${constants.map((value) => JSON.stringify(value)).join(', ')}`)];
  return [problem(place, describe(told[0]))];
}

function describe({ keyword, params, message }: Violation): string {
  const { type, limit, allowedValue } = params as { readonly type?: string; readonly limit?: number; readonly allowedValue?: unknown };
  if (keyword === 'type') return `must be ${jsonTypeNames[type ?? ''] ?? type}`;
  if (keyword === 'minimum') return `must be at least ${limit}`;
  if (keyword === 'exclusiveMinimum') return `must be over ${limit}`;
  if (keyword === 'maximum') return `must be at most ${limit}`;
  if (keyword === 'const') return `must be ${JSON.stringify(allowedValue)}`;
  if (keyword === 'minLength') return limit === 1 ? 'must not be empty' : `has at least ${limit} characters`;
  if (keyword === 'maxLength') return `has at most ${limit} characters`;
  if (keyword === 'minItems') return `has at least ${limit} entries`;
  if (keyword === 'maxItems') return `has at most ${limit} entries`;
  return message;
}

function joinPointer(path: string, pointer: string): string {
  return [...(path === '' ? [] : [path]), ...pointerMembers(pointer)].join('.');
}
