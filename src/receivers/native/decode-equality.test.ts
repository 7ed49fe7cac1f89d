/**
 * The byte-level decoder equals the oracle over generated and mutated bodies.
 *
 * MILLRACE_DECODE_CASES sets the number of bodies (default 20,000; millions before a release), MILLRACE_SEED the seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, freshBuilder, freshDecoder } from './decode-compare.test-support.ts';
import type { BodyFormat } from './decode-compare.test-support.ts';
import { RandomBodies } from './random-bodies.test-support.ts';

const caseCount = Number(process.env['MILLRACE_DECODE_CASES'] ?? 20_000);
const seed = Number(process.env['MILLRACE_SEED'] ?? 20_251_121);

test(`equals JSON.parse over ${caseCount} bodies, seed ${seed}`, () => {
  const bodies = new RandomBodies(seed);
  const decoder = freshDecoder();
  const builder = freshBuilder();
  for (let i = 0; i < caseCount; i++) {
    const format: BodyFormat = bodies.chance(0.3) ? 'ndjson' : 'json';
    let body: Uint8Array = new TextEncoder().encode(format === 'json' ? bodies.json() : bodies.ndjson());
    if (bodies.chance(0.5)) body = bodies.mutate(body);
    const found = difference(decoder, builder, body, format);
    assert.equal(found, undefined, `case ${i} of seed ${seed}, ${format}: ${JSON.stringify(Buffer.from(body).toString())}\n${found}`);
  }
});
