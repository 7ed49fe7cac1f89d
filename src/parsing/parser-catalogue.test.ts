import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '#platform/clock.ts';
import { systemClock } from '#platform/clock.ts';
import { parserCatalogue } from './parser-catalogue.ts';
import { parsingDefaults } from './parsing-defaults.test-support.ts';
import { testParser } from './test-parser.ts';
import type { ParsedLine } from './test-parser.ts';

const clock: Clock = { ...systemClock, nowMs: () => Date.parse('2026-01-15T12:00:00Z') };

/** What documentation shows of a line: message, level and time among its fields. */
function shown({ message, level, timestamp, fields }: ParsedLine, expected: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all: Record<string, unknown> = { message, ...(level === '' ? {} : { level }), ...fields };
  // lines without a year have a time of the clock's
  if (timestamp !== undefined && 'timestamp' in expected) all.timestamp = timestamp;
  return all;
}

for (const { name, aliases = [], example, fields, leads } of parserCatalogue) {
  test(`${name}: the example by name and by recognition`, () => {
    for (const parser of [name, ...aliases, ...(leads === undefined ? [] : ['auto'])]) {
      const [line] = testParser({ parser }, [example], parsingDefaults, clock);
      assert.equal(line.parser, name, parser);
      assert.deepEqual(shown(line, fields), fields, parser);
    }
  });
}
