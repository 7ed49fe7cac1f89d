/** What the store selects, together with what is left of a pipeline, is what LogQL says of each line by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogExpression } from '#logql/ast.ts';
import { labelTest } from '#logql/label-tests.ts';
import { parseLogExpression } from '#logql/parser.ts';
import { compileStages } from '#logql/pipeline.ts';
import { printLogQl } from '#logql/printer.ts';
import { printQuery } from '#language/printer.ts';
import type { LogLine } from '#model/log-line.ts';
import { FakeLogStore } from '#search/log-store.fake.ts';
import { renamedEntries } from './label-fields.ts';
import { streamLabels } from './line-streams.ts';
import { keptEntry } from './log-query.ts';
import { selectLines } from './selection.ts';

const limits = { timeoutMs: 1000, maxMemoryBytes: 2 ** 30, maxScannedRows: 1_000_000 };
const renamed = renamedEntries(['k8s.pod.name', 'a-b', 'user.id']);

async function storeSelects(store: FakeLogStore, expression: LogExpression): Promise<Set<string>> {
  const { where, rest } = selectLines(expression, renamed);
  const range = { fromNs: 0n, toNs: 10n ** 18n };
  const { lines } = await store.findLines({ tenant: 'default', where, range, order: 'asc', limit: 1000 }, { limits });
  const run = compileStages(rest, { nowNs: 0n });
  return new Set(lines.filter((line) => keptEntry(line, run) !== undefined).map(({ id }) => id));
}

/** Selector and all stages, in memory. */
function logQlSelects(lines: readonly LogLine[], { matchers, stages }: LogExpression): Set<string> {
  const tests = matchers.map((matcher) => ({ name: matcher.name, passes: labelTest(matcher) }));
  const run = compileStages(stages, { nowNs: 0n });
  const selected = lines.filter((line) => {
    const labels = streamLabels(line);
    return tests.every(({ name, passes }) => passes(labels.get(name) ?? '')) && keptEntry(line, run) !== undefined;
  });
  return new Set(selected.map(({ id }) => id));
}

const value = fc.constantFrom('', 'a', 'b', 'ab', 'A', 'web-1', 'error', 'info', 'x.y');
const entries = (names: readonly string[]): fc.Arbitrary<Record<string, string>> =>
  fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4, noNullPrototype: true });
const line = fc.record({
  service: value,
  host: value,
  environment: value,
  level: fc.constantFrom('', 'ERROR', 'INFO', 'WARN'),
  message: fc.constantFrom('', 'a b', 'error: web-1 failed', 'x.y', 'AB\ncd', '{"a":1}'),
  raw: fc.constantFrom('', '', 'level=error msg="a b"', '{"user":{"id":"b"},"x":"a"}'),
  traceId: value,
  resource: entries(['app', 'level', 'k8s.pod.name', 'k8s_pod_name', 'a-b', 'host_x']),
  attributes: entries(['app', 'user.id', 'a-b', 'status', 'x']),
});

const name = fc.constantFrom('service_name', 'host', 'env', 'level', 'app', 'k8s_pod_name', 'a_b', 'nosuch', 'host_x');
const anyName = fc.oneof(name, fc.constantFrom('detected_level', 'trace_id', 'user_id', 'status', 'x', 'app_extracted', '__error__'));
const pattern = fc.constantFrom('a', 'a|b', 'a.*', '.*', '.+', '', 'x.y', '(?i)A', '[ab]+', 'error|info', 'web-1|');
const matcherOf = (names: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    fc.tuple(names, fc.constantFrom('=', '!='), value).map(([label, operator, text]) => `${label}${operator}${JSON.stringify(text)}`),
    fc.tuple(names, fc.constantFrom('=~', '!~'), pattern).map(([label, operator, text]) => `${label}${operator}${JSON.stringify(text)}`),
  );
const lineFilter = fc.oneof(
  fc
    .tuple(fc.constantFrom('|=', '!='), fc.constantFrom('a', '', 'web-1', '.', '"x"', 'A'))
    .map(([operator, text]) => `${operator} ${JSON.stringify(text)}`),
  fc
    .tuple(fc.constantFrom('|~', '!~'), fc.constantFrom('a.b', '^error', 'B.c', '(?i)ab', '', '\\d'))
    .map(([operator, text]) => `${operator} ${JSON.stringify(text)}`),
  fc.constantFrom('|= "a" or "x"', '!= "a" or "x"', '|> "<_>:<_>"', '|= ip("10.0.0.1")'),
);
const stage = fc.oneof(
  lineFilter,
  matcherOf(anyName).map((text) => `| ${text}`),
  fc.tuple(matcherOf(anyName), fc.constantFrom('and', 'or'), matcherOf(anyName)).map(([a, word, b]) => `| ${a} ${word} ${b}`),
  fc.constantFrom(
    '| json',
    '| logfmt',
    '| drop __error__=~".*"',
    '| drop app, nosuch="x"',
    '| line_format "{{.app}}"',
    '| status > 1',
    '| label_format app=x',
  ),
);
const query = fc
  .tuple(fc.array(matcherOf(name), { maxLength: 3 }), fc.array(stage, { maxLength: 4 }))
  .map(([matchers, stages]) => `{${[...matchers, 'all="yes"'].join(', ')}} ${stages.join(' ')}`);

test('the store and the pipeline together select what LogQL selects', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), query, async (fakes, text) => {
      const store = new FakeLogStore();
      for (const [index, { resource, ...fake }] of fakes.entries())
        store.add({ ...fake, tsMs: index + 1, resource: { ...resource, all: 'yes' } });
      const expression = parseLogExpression(text);
      assert.deepEqual(
        [...(await storeSelects(store, expression))].sort(),
        [...logQlSelects(store.lines, expression)].sort(),
        printLogQl(expression),
      );
    }),
    { numRuns: 1000 },
  );
});

/** What is asked of the store, in the query language, and how many stages are left. */
const plans: readonly (readonly [string, string, number])[] = [
  ['{service_name="shop"}', 'service:shop', 0],
  ['{service_name=~"shop|cart"} |= "a.b"', 'service:(shop OR cart) AND @line:/a\\.b/', 0],
  ['{env!="dev", service_name="shop"}', 'NOT environment:dev AND service:shop', 0],
  ['{service_name="shop"} | json | status >= 500 |= "x"', 'service:shop AND @line:/x/', 2],
  ['{service_name="shop"} | line_format "y" |= "x"', 'service:shop', 2],
  ['{service_name="shop"} | detected_level="error" | drop __error__', 'service:shop AND level:ERROR', 0],
];
for (const [text, where, left] of plans) {
  test(`${text} asks for ${where}`, () => {
    const { where: node, rest } = selectLines(parseLogExpression(text), new Map());
    assert.deepEqual([printQuery(node), rest.length], [where, left]);
  });
}

test('spellings of columns select by them where a stream has no such label', async () => {
  const store = new FakeLogStore();
  store.add({ tsMs: 1, service: 'shop', environment: 'prod', host: 'h' });
  for (const selector of ['{service="shop"}', '{environment="prod"}', '{hostname="h"}', '{deployment_environment=~"p.*"}']) {
    assert.equal((await storeSelects(store, parseLogExpression(selector))).size, selector.startsWith('{deployment') ? 0 : 1, selector);
  }
});
