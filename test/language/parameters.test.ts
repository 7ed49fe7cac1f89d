/** Values reach the engine unchanged on the way that the product takes: client, HTTP, engine process, binding. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestEngine } from '#engine/engine.test-support.ts';
import type { TestEngine } from '#engine/engine.test-support.ts';
import { compileSql } from '#language/compile-sql.ts';
import { injectionCorpus } from './injection-corpus.ts';
import { sampleMessages, sampleValues } from './sample-rows.ts';

let engine: TestEngine;
before(async () => {
  engine = await startTestEngine();
});
after(() => engine.stop());

const texts = [...new Set([...injectionCorpus, ...sampleMessages, ...sampleValues])].map((text) => text.toWellFormed());

for (const text of texts) {
  test(`${JSON.stringify(text.slice(0, 60))} as a parameter`, async () => {
    const { sql, params } = compileSql({ kind: 'field-equals', field: 'metadata.x', values: [text] });
    const answer = await engine.client.query({
      query: `SELECT ${sql} AS found, {p1:String} AS value FROM (SELECT map('x', base64Decode({expected:String})) AS attributes)`,
      query_params: { ...params, p1: text, expected: Buffer.from(text).toString('base64') },
      format: 'JSONEachRow',
    });
    assert.deepEqual(await answer.json(), [{ found: 1, value: text }]);
  });
}
