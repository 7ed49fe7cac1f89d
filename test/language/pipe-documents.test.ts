/** Every example of pipes in the documents is a query that has a plan and prints to itself. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parsePipeline, planPipeline, printPipeline } from '#language/pipes.ts';

/** Lines of the plain code blocks of a section, up to the next of its rank. */
function examplesIn(path: string, heading: string): string[] {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const [, behind] = text.split(`\n${heading}\n`);
  assert.ok(behind !== undefined, `${path} has no ${heading}`);
  const section = behind.split(/\n## /)[0];
  // every other piece between fences is a block, which begins with its language
  const blocks = section.split(/^```/m).filter((_, i) => i % 2 === 1);
  return blocks.filter((block) => block.startsWith('\n')).flatMap((block) => block.trim().split('\n'));
}

for (const [path, heading, least] of [
  ['docs/reference/query-language.md', '## Pipes', 20],
  ['docs/searching.md', '## A table out of lines', 5],
] as const) {
  test(`examples of ${path}`, () => {
    const examples = examplesIn(path, heading);
    assert.ok(examples.length >= least, `${examples.length} examples`);
    for (const text of examples) {
      const pipeline = parsePipeline(text);
      planPipeline(pipeline, { text, nowMs: 0 });
      assert.equal(printPipeline(parsePipeline(printPipeline(pipeline))), printPipeline(pipeline), text);
      assert.ok(pipeline.stages.length > 0, text);
    }
  });
}

test('every stage has an example', () => {
  const stages = examplesIn('docs/reference/query-language.md', '## Pipes').flatMap((text) =>
    parsePipeline(text).stages.map(({ kind }) => kind),
  );
  for (const kind of ['where', 'parse', 'fields', 'sort', 'limit', 'dedup', 'stats', 'top', 'rate', 'patterns'] as const)
    assert.ok(stages.includes(kind), kind);
});
