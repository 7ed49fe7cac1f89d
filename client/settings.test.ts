import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClient } from './index.mjs';
import { readSettings } from './settings.mjs';
import { warnSparingly } from './warnings.mjs';
import { ManualClock } from './manual-clock.test-support.ts';

const url = 'http://127.0.0.1:4880';

describe('options', () => {
  const refused: [options: any, message: RegExp][] = [
    [undefined, /needs options/],
    [{}, /"url"/],
    [{ url: 'localhost:4880' }, /"url" must be http/],
    [{ url: 'nonsense' }, /"url"/],
    [{ url, maxBatchLines: 0 }, /"maxBatchLines" must be a number from 1/],
    [{ url, maxBufferBytes: '1MB' }, /"maxBufferBytes"/],
    [{ url, flushIntervalMs: NaN }, /"flushIntervalMs"/],
    [{ url, apiKey: 'a\r\nb' }, /"apiKey"/],
    [{ url, tenant: '' }, /"tenant"/],
    [{ url, compression: 'lzma' }, /"compression"/],
  ];
  for (const [options, message] of refused) {
    test(`refused: ${message.source}`, () => assert.throws(() => createClient(options), { name: 'TypeError', message }));
  }

  const urls: [given: string | URL, expected: string][] = [
    [url, `${url}/v1/ingest`],
    [`${url}/`, `${url}/v1/ingest`],
    [new URL('https://logs.example.com/millrace/?x=1#y'), 'https://logs.example.com/millrace/v1/ingest'],
  ];
  for (const [given, expected] of urls) {
    test(`url ${given}`, () => assert.equal(readSettings({ url: given }).ingestUrl, expected));
  }
});

test('without onError, problems are warnings of the process, one a minute of each kind', async (t) => {
  const warnings = t.mock.method(process, 'emitWarning', () => {});
  const clock = new ManualClock();
  const warn = warnSparingly(clock);
  const problem = { kind: 'refused', message: 'no', lines: 1, code: 'unauthenticated' } as const;
  warn(problem);
  warn(problem);
  warn({ kind: 'dropped', message: 'full', lines: 1 });
  await clock.advance(60_000);
  warn(problem);
  assert.deepEqual(
    warnings.mock.calls.map(({ arguments: [message, options] }) => [message, options]),
    [
      ['no', { type: 'MillraceWarning', code: 'unauthenticated' }],
      ['full', { type: 'MillraceWarning' }],
      ['no', { type: 'MillraceWarning', code: 'unauthenticated' }],
    ],
  );
});
