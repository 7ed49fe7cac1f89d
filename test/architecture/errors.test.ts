/** The registry of error codes: well-formed, all in use, mapped to a status; a retired code never comes back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { httpStatusOfKind } from '../../src/base/error-status.ts';
import { errorCodes } from '../../src/base/errors.ts';
import { readSources } from '../../scripts/imports.ts';

/** Codes that clients may still know from an older release; never to be used again. */
const retiredCodes: readonly string[] = [];

describe('error codes', () => {
  const production = readSources().filter(({ isTest, path }) => !isTest && path !== 'base/errors.ts');
  for (const [code, { kind, meaning }] of Object.entries(errorCodes)) {
    test(code, () => {
      assert.match(code, /^[a-z]+(_[a-z0-9]+)*$/);
      assert.match(meaning, /^[A-Z].*\.$/, 'a meaning is a sentence');
      assert.ok(Object.hasOwn(httpStatusOfKind, kind), `kind "${kind}" has no HTTP status`);
      assert.ok(
        production.some((file) => file.code.includes(`'${code}'`)),
        'nothing gives this error',
      );
      assert.ok(!retiredCodes.includes(code), 'this code was retired');
    });
  }
});
