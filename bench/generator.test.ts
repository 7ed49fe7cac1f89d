import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { LineGenerator, levels, maxLatenessMs, probeService } from './generator.ts';
import type { GeneratorOptions } from './generator.ts';
import { holdsPhrase } from './generator/facts.ts';
import { buildTemplates, tokensOf } from './generator/templates.ts';

interface SentLine {
  readonly timestamp: string;
  readonly level: string;
  readonly service: string;
  readonly trace_id?: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const endMs = Date.UTC(2025, 6, 15, 12);
const base: GeneratorOptions = { lines: 20_000, batchLines: 3000, endMs, rangeMs: 600_000 };

function linesOf(generator: LineGenerator): SentLine[] {
  return [...generator.batches()].flatMap(({ body, jsonBytes }) => {
    const json = zstdDecompressSync(body);
    assert.equal(json.length, jsonBytes);
    return (JSON.parse(json.toString()) as { logs: SentLine[] }).logs;
  });
}

for (const set of ['independent', 'correlated'] as const) {
  test(`${set}: the facts are what a plain reading of the lines gives`, () => {
    const generator = new LineGenerator({ ...base, set, countSeconds: true });
    const lines = linesOf(generator);
    const { facts } = generator;
    const count = (matches: (line: SentLine) => boolean): number => lines.filter(matches).length;
    assert.equal(lines.length, base.lines);
    assert.equal(facts.lines, base.lines);
    for (const level of levels)
      assert.equal(
        facts.byLevel[level],
        count((line) => line.level === level),
        level,
      );
    for (const [service, expected] of facts.byService)
      assert.equal(
        count((line) => line.service === service),
        expected,
        service,
      );
    for (const [both, expected] of facts.byServiceAndLevel)
      assert.equal(
        count(({ service, level }) => `${service} ${level}` === both),
        expected,
        both,
      );
    for (const [word, expected] of facts.words) {
      assert.equal(
        count(({ message }) => tokensOf(message).includes(word)),
        expected,
        word,
      );
      assert.ok(expected > 0 || set === 'correlated', `${word} never occurs`);
      // A bare word also equals values: none may be one of the oracle's words.
      assert.equal(
        count((line) => Object.values({ ...line.metadata, s: line.service }).includes(word)),
        0,
        word,
      );
    }
    for (const [phrase, expected] of facts.phrases)
      assert.equal(
        count(({ message }) => holdsPhrase(tokensOf(message), tokensOf(phrase))),
        expected,
        phrase,
      );
    for (const { traceId, lines: expected } of facts.traces)
      assert.equal(
        count((line) => line.trace_id === traceId),
        expected,
      );
    for (const { id, lines: expected } of facts.orderIds)
      assert.equal(
        count(({ metadata }) => metadata.order_id === id),
        expected,
      );
    assert.ok(facts.traces.length > 10 && facts.orderIds.length > 5);
    const times = lines.map(({ timestamp }) => Date.parse(timestamp));
    assert.equal(facts.earliestMs, Math.min(...times));
    assert.equal(facts.latestMs, Math.max(...times));
    for (const [minute, counts] of facts.byMinute) {
      for (const [index, level] of levels.entries())
        assert.equal(
          count((line) => line.level === level && Math.floor(Date.parse(line.timestamp) / 60_000) === minute),
          counts[index],
        );
    }
    assert.equal(
      [...(facts.bySecond ?? [])].reduce((sum, [, lines]) => sum + lines, 0),
      base.lines,
    );
  });

  test(`${set}: the same options give the same bytes, another seed others`, () => {
    const bodies = (seed: number): string[] =>
      [...new LineGenerator({ ...base, set, seed, encoding: 'identity' }).batches()].map(({ body }) => body.toString());
    assert.deepEqual(bodies(1), bodies(1));
    assert.notDeepEqual(bodies(1), bodies(2));
  });
}

test('independent lines lie in their range, are of the agreed size and have unique ids', () => {
  const generator = new LineGenerator(base);
  const lines = linesOf(generator);
  const { earliestMs, latestMs } = generator.facts;
  assert.ok(earliestMs >= endMs - base.rangeMs - maxLatenessMs && latestMs <= endMs);
  assert.equal(new Set(lines.map(({ trace_id }) => trace_id)).size, lines.length);
  const bytes = lines.reduce((sum, line) => sum + JSON.stringify(line).length, 0) / lines.length;
  assert.ok(bytes > 430 && bytes < 460, `${bytes} B a line`);
});

test('correlated lines end at the time asked for and share traces', () => {
  const lines = linesOf(new LineGenerator({ ...base, set: 'correlated' }));
  assert.ok(Math.abs(Date.parse(lines.at(-1)!.timestamp) - endMs) < 10);
  assert.ok(new Set(lines.map(({ trace_id }) => trace_id)).size < lines.length / 2);
});

test('several hundred templates, whose shares add up', () => {
  const templates = buildTemplates();
  assert.ok(templates.length > 500, String(templates.length));
  assert.ok(Math.abs(templates.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
});

test('probes are the last line of a batch, counted in it but not in the facts', () => {
  const generator = new LineGenerator({ ...base, withProbes: true });
  const seen = new Set<string>();
  for (const { body, lineCount, probeTraceId } of generator.batches()) {
    const { logs } = JSON.parse(zstdDecompressSync(body).toString()) as { logs: SentLine[] };
    assert.equal(logs.length, lineCount);
    assert.equal(logs.at(-1)!.service, probeService);
    assert.equal(logs.at(-1)!.trace_id, probeTraceId);
    assert.match(probeTraceId, /^[0-9a-f]{32}$/);
    seen.add(probeTraceId);
  }
  assert.equal(seen.size, Math.ceil(base.lines / (base.batchLines as number)));
  assert.equal(generator.facts.lines, base.lines);
  assert.ok(!generator.facts.byService.has(probeService));
});
