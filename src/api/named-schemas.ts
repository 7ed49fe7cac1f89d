/**
 * Schemas that have a name. One with a `title` is told once, under that name, and referred to wherever it stands; the printers
 * of the OpenAPI document and of the interface's client read endpoints as they come out of here. Requests are validated by
 * the schemas as they are written. Pure.
 *
 * Within itself a name is always the reference: what validation unrolls to a bound, as routes below routes, is a recursion here.
 */
import type { TObject, TSchema } from 'typebox';
import { invariant } from '#base/errors.ts';
import type { EndpointDescription } from './route.ts';

/** JSON Schema of the draft 2020-12, as far as endpoints use it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema | readonly JsonSchema[] | false;
  readonly additionalItems?: boolean;
  /** Of a tuple. */
  readonly prefixItems?: readonly JsonSchema[];
}

export interface EndpointsWithNames {
  /** With a reference in place of each schema that has a name. */
  readonly endpoints: readonly EndpointDescription[];
  /** Name → schema, in the order of the names. */
  readonly schemas: ReadonlyMap<string, JsonSchema>;
}

const referencePrefix = '#/components/schemas/';

/** The name that a schema refers to, or undefined. */
export function referredName({ $ref }: JsonSchema): string | undefined {
  return $ref?.startsWith(referencePrefix) ? $ref.slice(referencePrefix.length) : undefined;
}

/** Endpoints with their named schemas taken out. Two schemas of one name must be the same. */
export function takeOutNamed(endpoints: readonly EndpointDescription[]): EndpointsWithNames {
  const names = new SchemaNames();
  const told = (schema: TSchema | undefined): TSchema | undefined =>
    schema === undefined ? undefined : (names.referTo(schema) as TSchema);
  const withNames = endpoints.map((endpoint) => ({
    ...endpoint,
    body: told(endpoint.body),
    // parameters are told one by one
    queryParameters: endpoint.queryParameters === undefined ? undefined : (names.tell(endpoint.queryParameters) as TObject),
    responses: Object.fromEntries(
      Object.entries(endpoint.responses).map(([status, response]) => [status, { ...response, schema: told(response.schema) }]),
    ),
  }));
  return { endpoints: withNames, schemas: names.sorted() };
}

class SchemaNames {
  readonly #schemas = new Map<string, JsonSchema>();
  /** Names whose schemas are being told. */
  readonly #around = new Set<string>();

  /** A reference where the schema has a name, which is told the first time. */
  referTo(schema: JsonSchema): JsonSchema {
    const { title: name, ...unnamed } = schema;
    if (name === undefined) return this.tell(schema);
    const reference = { $ref: `${referencePrefix}${name}` };
    if (this.#around.has(name)) return reference;
    this.#around.add(name);
    const told = this.tell(unnamed);
    this.#around.delete(name);
    const known = this.#schemas.get(name);
    invariant(/^[A-Z][A-Za-z]*$/.test(name), `"${name}" is no name for a schema`);
    invariant(known === undefined || JSON.stringify(known) === JSON.stringify(told), `two schemas have the name ${name}`);
    this.#schemas.set(name, told);
    return reference;
  }

  /** The schema itself, with references below. */
  tell(schema: JsonSchema): JsonSchema {
    const { anyOf, oneOf, allOf, properties, patternProperties, additionalProperties, items, additionalItems: _, ...rest } = schema;
    const choices = schema.enum ?? anyOf?.map((one) => one.const);
    if (choices?.every((choice) => typeof choice === 'string')) {
      // generators of clients read a list of texts better than a choice of constants
      const { type: _type, enum: _enum, ...others } = rest;
      return { type: 'string', enum: choices, ...others };
    }
    const all = (schemas: readonly JsonSchema[]) => schemas.map((one) => this.referTo(one));
    const each = (schemas: Readonly<Record<string, JsonSchema>>) =>
      Object.fromEntries(Object.entries(schemas).map(([member, one]) => [member, this.referTo(one)]));
    return {
      ...rest,
      ...(anyOf === undefined ? {} : { anyOf: all(anyOf) }),
      ...(oneOf === undefined ? {} : { oneOf: all(oneOf) }),
      ...(allOf === undefined ? {} : { allOf: all(allOf) }),
      ...(properties === undefined ? {} : { properties: each(properties) }),
      ...(patternProperties === undefined ? {} : { patternProperties: each(patternProperties) }),
      ...(typeof additionalProperties === 'object' ? { additionalProperties: this.referTo(additionalProperties) } : {}),
      ...(typeof additionalProperties === 'boolean' ? { additionalProperties } : {}),
      ...(isList(items) ? { prefixItems: all(items), items: false } : {}),
      ...(isSchema(items) ? { items: this.referTo(items) } : {}),
    };
  }

  sorted(): ReadonlyMap<string, JsonSchema> {
    return new Map([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

type Items = JsonSchema['items'];
/** Of a tuple, in the words of the draft before. */
const isList = (items: Items): items is readonly JsonSchema[] => Array.isArray(items);
const isSchema = (items: Items): items is JsonSchema => typeof items === 'object' && !Array.isArray(items);
