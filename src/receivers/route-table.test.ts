import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpMethod, ReceiverRoute } from './http-receiver.ts';
import { RouteTable } from './route-table.ts';

const route = (methods: HttpMethod[], path: string): ReceiverRoute => ({ methods, path, handle: () => Promise.resolve({ status: 200 }) });
const table = new RouteTable([
  route(['POST'], '/v1/ingest'),
  route(['GET'], '/v1/ingest'),
  route(['POST', 'PUT'], '/{index}/_bulk'),
  route(['PUT'], '/_ilm/policy/{name}'),
  route(['GET'], '/_nodes/{rest...}'),
  route(['HEAD', 'PUT'], '/{index}'),
]);

const cases: readonly [method: string, path: string, found: string | undefined, parameters?: Record<string, string>][] = [
  ['POST', '/v1/ingest', '/v1/ingest', {}],
  ['GET', '/v1/ingest', '/v1/ingest', {}],
  ['PUT', '/v1/ingest', 'allow POST,GET'],
  ['PUT', '/logs-a%2Fb/_bulk', '/{index}/_bulk', { index: 'logs-a/b' }],
  ['GET', '/logs/_bulk', 'allow POST,PUT'],
  ['PUT', '/_ilm/policy/filebeat', '/_ilm/policy/{name}', { name: 'filebeat' }],
  ['GET', '/_nodes/http/x', '/_nodes/{rest...}', { rest: 'http/x' }],
  ['GET', '/_nodes', 'allow HEAD,PUT'],
  ['GET', '/_nodes/', undefined],
  ['HEAD', '/%zz', undefined],
  ['GET', '/a/b/c', undefined],
  ['GET', '/', undefined],
];

for (const [method, path, expected, parameters] of cases) {
  test(`${method} ${path} → ${expected ?? 'nobody'}`, () => {
    const found = table.find(method, path);
    const text = found === undefined ? undefined : 'allow' in found ? `allow ${found.allow.join(',')}` : found.route.path;
    assert.equal(text, expected);
    if (parameters !== undefined && found !== undefined && 'route' in found) assert.deepEqual({ ...found.parameters }, parameters);
  });
}
