import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSeverity, parseSeverityBytes, severityName, severityOfNumber } from './severity.ts';

const known: readonly (readonly [string, number])[] = [
  ['TRACE', 1],
  ['DEBUG', 5],
  ['INFO', 9],
  ['WARN', 13],
  ['ERROR', 17],
  ['FATAL', 21],
  ['info', 9],
  ['Warning', 13],
  ['wArN', 13],
  ['err', 17],
  ['E', 17],
  ['d', 5],
  ['verbose', 1],
  ['Information', 9],
  [' error ', 17],
  ['info\n', 9],
  ['INFO2', 10],
  ['error4', 20],
  ['TRACE3', 3],
  ['FATAL4', 24],
  ['notice', 10],
  ['crit', 21],
  ['CRITICAL', 21],
  ['alert', 22],
  ['emerg', 24],
  ['panic', 24],
  ['1', 1],
  ['17', 17],
  ['24', 24],
  ['10', 10],
  ['20', 20],
  ['30', 9],
  ['40', 13],
  ['50', 17],
  ['60', 21],
];
const unknown = [
  '',
  '0',
  '25',
  '70',
  '-1',
  '1.5',
  'nonsense',
  'infos',
  'inf0',
  'INFO1',
  'INFO5',
  'errors',
  'ERRO!',
  '@nfo',
  'ìnfo',
  '\u0000',
  'x'.repeat(5000),
  '__proto__',
];

function ofBytes(text: string): number {
  const bytes = Buffer.from(`<<${text}>>`);
  return parseSeverityBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 2, bytes.length - 2);
}

test('every spelling, as text and as bytes', () => {
  for (const [text, severity] of known) {
    assert.equal(parseSeverity(text), severity, text);
    assert.equal(ofBytes(text), severity, text);
  }
});

test('what nobody knows is 0', () => {
  for (const text of unknown) {
    assert.equal(parseSeverity(text), 0, text);
    assert.equal(ofBytes(text), 0, text);
  }
});

test('bytes agree with text on every change of one letter', () => {
  for (const level of ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']) {
    for (let at = 0; at < level.length; at++) {
      for (let code = 0; code < 128; code++) {
        const text = level.slice(0, at) + String.fromCharCode(code) + level.slice(at + 1);
        assert.equal(ofBytes(text), parseSeverity(text), JSON.stringify(text));
      }
    }
  }
});

test("JSON numbers: 10 and 20 are pino's, the rest as texts", () => {
  assert.deepEqual(['10', '20', '30', '9', '17', '0', '99'].map(severityOfNumber), [1, 5, 9, 9, 17, 0, 0]);
});

test('names cover four numbers each', () => {
  const names = Array.from({ length: 27 }, (_, i) => severityName(i - 1));
  const each = (name: string): string[] => Array(4).fill(name);
  assert.deepEqual(names, ['', '', ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap(each), '']);
});
