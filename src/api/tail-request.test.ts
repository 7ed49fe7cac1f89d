import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultQueryConfig } from '#language/config.ts';
import { parseQuery } from '#language/parser.ts';
import { printQuery } from '#language/printer.ts';
import { readTailRequest } from './tail-request.ts';
import type { TailRequestContext } from './tail-request.ts';

const context: TailRequestContext = {
  authenticate: ({ 'x-tenant-id': tenant }) => String(tenant ?? 'default'),
  queryConfig: defaultQueryConfig,
};

const read = (url: string, change: Partial<TailRequestContext> = {}) => readTailRequest(url, {}, { ...context, ...change });

test('query, filters, tenant and cursor of a tail', () => {
  const { tenant, where, cursor } = readTailRequest('/v1/tail?q=timeout&service=a&service=b&cursor=c1', { 'x-tenant-id': 'acme' }, context);
  assert.deepEqual([tenant, cursor], ['acme', 'c1']);
  assert.equal(printQuery(where), printQuery(parseQuery('timeout service:(a OR b)')));
  assert.equal(read('/v1/tail?cursor=').cursor, undefined);
  assert.equal(
    readTailRequest('/v1/tail?cursor=c1', { 'last-event-id': 'c2' }, context).cursor,
    'c2',
    'a client that comes back goes first',
  );
});

test('query and filters are put into other words together', () => {
  const asked: string[] = [];
  const { where } = read('/v1/tail?q=a&pattern=0123456789abcdef', {
    rewrite(node) {
      asked.push(printQuery(node));
      return parseQuery('rewritten');
    },
  });
  assert.deepEqual([asked, printQuery(where)], [[printQuery(parseQuery('a pattern:0123456789abcdef'))], 'rewritten']);
});

for (const [url, code] of [
  ['/v1/tail?q=a&query=b', 'bad_request'],
  ['/v1/tail?q=(', 'query_syntax'],
] as const) {
  test(`${url} is refused as ${code}`, () => {
    assert.throws(
      () => read(url),
      (error: { code?: string }) => error.code === code,
    );
  });
}
