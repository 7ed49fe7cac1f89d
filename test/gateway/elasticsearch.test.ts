/** Refusals of bulk requests, as rsyslog's omelasticsearch and other clients see them. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { startTestGateway } from './gateway-harness.ts';

/** Status of the answer, or the code of the connection's error; Node's client has no user agent unless it is given one. */
function postBulk(url: string, headers: http.OutgoingHttpHeaders): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    const request = http.request(`${url}/elasticsearch/_bulk`, { method: 'POST', headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    request.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
    request.end('{"index":{"_index":"syslog","_type":"events"}}\n{"message":"a"}\n');
  });
}

for (const [code, status] of [
  ['log_full', 429],
  ['log_unavailable', 503],
] as const) {
  test(`${code}: omelasticsearch, which takes any answer for a success, gets none`, async (t) => {
    const { url, writer } = await startTestGateway(t);
    writer.refusal = new AppError(code, 'not now');
    assert.equal(await postBulk(url, {}), 'ECONNRESET');
    assert.equal(await postBulk(url, { 'user-agent': 'filebeat/9' }), status);
    writer.refusal = undefined;
    assert.equal(await postBulk(url, {}), 200);
  });
}

test('what can never be taken is answered to omelasticsearch too', async (t) => {
  const { url } = await startTestGateway(t);
  assert.equal(await postBulk(url, { 'content-encoding': 'morse' }), 415);
});
