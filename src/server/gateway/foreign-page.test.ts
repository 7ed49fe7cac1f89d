import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { createPageGuard } from './foreign-page.ts';

const guard = createPageGuard(['logs.example.com']);
const cases: readonly [headers: { host?: string; origin?: string }, isTaken: boolean][] = [
  [{}, true],
  [{ host: 'localhost:4880' }, true],
  [{ host: '127.0.0.1:4880' }, true],
  [{ host: '127.1.2.3' }, true],
  [{ host: '[::1]:4880' }, true],
  [{ host: 'Logs.Example.com' }, true],
  [{ host: 'evil.example' }, false],
  [{ host: 'localhost.evil.example:4880' }, false],
  [{ host: '127.0.0.1.evil.example' }, false],
  [{ host: 'localhost:4880', origin: 'http://localhost:4880' }, true],
  [{ host: 'localhost:4880', origin: 'http://127.0.0.1:5173' }, true],
  [{ host: 'localhost:4880', origin: 'https://logs.example.com' }, true],
  [{ host: 'localhost:4880', origin: 'https://evil.example' }, false],
  [{ host: 'localhost:4880', origin: 'null' }, false],
];

for (const [headers, isTaken] of cases) {
  test(`${JSON.stringify(headers)} is ${isTaken ? 'taken' : 'refused'}`, () => {
    assert.equal(guard.refusal({ headers } as IncomingMessage)?.code, isTaken ? undefined : 'forbidden');
  });
}
