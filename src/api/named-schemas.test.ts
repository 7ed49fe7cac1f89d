import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { referredName, takeOutNamed } from './named-schemas.ts';
import type { JsonSchema } from './named-schemas.ts';
import type { EndpointDescription } from './route.ts';

function endpoint(body: TSchema, answer: TSchema): EndpointDescription {
  const responses = { 200: { description: 'It.', schema: answer } };
  return { method: 'POST', path: '/x', operationId: 'x', tag: 'search', summary: 'X', access: 'read', body, responses };
}

test('a named schema stands once, and is referred to from wherever it stood', () => {
  const colour = Type.Union([Type.Literal('red'), Type.Literal('green')], { title: 'Colour' });
  const car = Type.Object({ colour, spare: Type.Optional(colour), wheels: Type.Tuple([Type.Integer(), Type.Integer()]) }, { title: 'Car' });
  const { endpoints, schemas } = takeOutNamed([
    endpoint(car, Type.Object({ cars: Type.Array(car), by: Type.Record(Type.String(), colour) })),
  ]);
  assert.deepEqual([...schemas.keys()], ['Car', 'Colour']);
  assert.deepEqual(schemas.get('Colour'), { type: 'string', enum: ['red', 'green'] });
  const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  assert.deepEqual(schemas.get('Car'), {
    type: 'object',
    required: ['colour', 'wheels'],
    properties: {
      colour: reference('Colour'),
      spare: reference('Colour'),
      wheels: { type: 'array', minItems: 2, prefixItems: [{ type: 'integer' }, { type: 'integer' }], items: false },
    },
  });
  assert.deepEqual(endpoints[0].body, reference('Car'));
  assert.deepEqual((endpoints[0].responses[200].schema as JsonSchema).properties, {
    cars: { type: 'array', items: reference('Car') },
    by: { type: 'object', patternProperties: { '^.*$': reference('Colour') } },
  });
  assert.equal(referredName(endpoints[0].body ?? {}), 'Car');
  assert.equal(referredName({ $ref: '#/elsewhere/Car' }), undefined);
});

test('a member that is called title is no name', () => {
  const { schemas } = takeOutNamed([endpoint(Type.Object({ title: Type.String() }), Type.Null())]);
  assert.equal(schemas.size, 0);
});

test('what validation unrolls is a recursion', () => {
  const tree = (depth: number): TSchema =>
    Type.Object({ name: Type.String(), ...(depth === 0 ? {} : { below: Type.Array(tree(depth - 1)) }) }, { title: 'Tree' });
  const { schemas } = takeOutNamed([endpoint(tree(3), tree(3))]);
  assert.deepEqual(schemas.get('Tree')?.properties?.['below'], { type: 'array', items: { $ref: '#/components/schemas/Tree' } });
});

const wrong: readonly (readonly [what: string, body: TSchema, answer: TSchema, message: RegExp])[] = [
  ['two of one name', Type.String({ title: 'Name' }), Type.Integer({ title: 'Name' }), /two schemas have the name Name/],
  ['a name that is none', Type.String({ title: 'the name' }), Type.Null(), /"the name" is no name/],
];
for (const [what, body, answer, message] of wrong) {
  test(`refused: ${what}`, () => assert.throws(() => takeOutNamed([endpoint(body, answer)]), message));
}
