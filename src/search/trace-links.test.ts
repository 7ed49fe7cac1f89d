import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTraceLinks, traceLinks } from './trace-links.ts';

test('an id is written into every place of the template, escaped', () => {
  const links = traceLinks([{ name: 'Tempo', template: 'https://grafana.test/explore?t={trace_id}#{trace_id}' }], 'a b&c/$&');
  assert.deepEqual(links, [{ name: 'Tempo', url: 'https://grafana.test/explore?t=a%20b%26c%2F%24%26#a%20b%26c%2F%24%26' }]);
});

for (const [template, problems] of [
  ['https://jaeger.test/trace/{trace_id}', 0],
  ['HTTP://zipkin.test/{trace_id}', 0],
  ['https://jaeger.test/trace/', 1],
  ['javascript:alert("{trace_id}")', 1],
  ['', 2],
] as const) {
  test(`template ${JSON.stringify(template)}: ${problems} problems`, () => {
    assert.equal(checkTraceLinks([{ name: 'x', template }]).length, problems);
  });
}

test('a link needs a name', () => {
  assert.equal(checkTraceLinks([{ name: '', template: 'https://a.test/{trace_id}' }])[0].path, 'search.trace_links[0].name');
});
