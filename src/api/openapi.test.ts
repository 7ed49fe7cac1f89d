import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Compile } from 'typebox/compile';
import { maxRouteDepth, routing } from '#alerting/notification-rules.ts';
import { allEndpoints } from './endpoints.ts';
import { openApiText } from './openapi.ts';

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>> };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const document = JSON.parse(openApiText('1.0.0')) as Document;

/** Every value in the document with its JSON pointer. */
function* valuesIn(value: unknown, pointer = ''): Generator<readonly [pointer: string, value: unknown]> {
  yield [pointer, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value))
    yield* valuesIn(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

const values = [...valuesIn(document)];
const pointers = new Set(values.map(([pointer]) => `#${pointer}`));

test('every reference leads somewhere, and every name is referred to', () => {
  const referred = new Set(values.filter(([pointer]) => pointer.endsWith('/$ref')).map(([, target]) => String(target)));
  assert.ok(referred.size > 50);
  for (const target of referred) assert.ok(pointers.has(target), target);
  for (const name of Object.keys(document.components.schemas)) assert.ok(referred.has(`#/components/schemas/${name}`), name);
});

test('no object is described twice: what stands at several places has a name', () => {
  const places = new Map<string, string[]>();
  for (const [pointer, value] of values) {
    if ((value as { readonly properties?: unknown } | null)?.properties === undefined) continue;
    const text = JSON.stringify(value);
    // a few plain members are read faster where they stand
    if (text.length > 200) places.set(text, [...(places.get(text) ?? []), pointer]);
  }
  assert.deepEqual(
    [...places.values()].filter(({ length }) => length > 1),
    [],
  );
});

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, validateFormats: false });
ajv.addKeyword('components');
const compile = (schema: object) => ajv.compile({ ...schema, components: document.components });

test('every schema is valid JSON Schema, whose references can be followed', () => {
  const schemas = new Map(
    values.filter(([pointer]) => pointer.endsWith('/schema')).map(([pointer, one]) => [JSON.stringify(one), pointer]),
  );
  assert.ok(schemas.size > 100);
  for (const [text, pointer] of schemas) assert.doesNotThrow(() => compile(JSON.parse(text) as object), pointer);
});

test('the document says of bodies what their validation says', () => {
  const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  let compared = 0;
  for (const { operationId, body, bodyExample } of allEndpoints) {
    if (body === undefined || bodyExample === undefined) continue;
    const validated = Compile(body);
    const { schema } = described.find((operation) => operation.operationId === operationId)?.requestBody?.content['application/json'] ?? {};
    const isDescribed = compile(schema ?? assert.fail(operationId));
    assert.ok(isDescribed(bodyExample), `${operationId}: ${ajv.errorsText(isDescribed.errors)}`);
    const members = Object.keys(bodyExample as object);
    const changed = [
      {},
      { ...bodyExample, no_such_member: 1 },
      ...members.map((name) => ({ ...bodyExample, [name]: { no_such_member: 1 } })),
    ];
    for (const value of [bodyExample, ...changed]) {
      assert.equal(isDescribed(value), validated.Check(value), `${operationId} ${JSON.stringify(value)}`);
      compared += 1;
    }
  }
  assert.ok(compared > 60);
});

test('routes are told as a recursion, of which validation takes four levels', () => {
  const isRouting = compile({ $ref: '#/components/schemas/Routing' });
  const validated = Compile(routing);
  const nested = (depth: number): object => (depth === 0 ? { channels: ['inbox'] } : { routes: [nested(depth - 1)] });
  for (let depth = 0; depth <= maxRouteDepth; depth++) {
    const value = { route: nested(depth) };
    assert.deepEqual([isRouting(value), validated.Check(value)], [true, true], `${depth}`);
  }
  assert.ok(!validated.Check({ route: nested(maxRouteDepth + 1) }));
  assert.ok(!isRouting({ route: { routes: [{ routes: [{ chanels: [] }] }] } }));
});
