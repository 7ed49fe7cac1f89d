import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClickHouseError, readErrorText, withoutException } from './clickhouse-error.ts';
import { exceptionBlock } from './child/engine-error.ts';

const texts: [text: string, header: string | undefined, code: string, type: string, message: string][] = [
  ['Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)\n', '60', '60', 'UNKNOWN_TABLE', 'Table x does not exist.'],
  ['Code: 62. DB::Exception: no (in) here. (SYNTAX_ERROR) (version 26.7.1.1)', '62', '62', 'SYNTAX_ERROR', 'no (in) here.'],
  ['Code: 1. DB::Exception: two\nlines. (UNSUPPORTED_METHOD)', undefined, '1', 'UNSUPPORTED_METHOD', 'two\nlines.'],
  ['a proxy is in the way', undefined, '0', 'UNKNOWN', 'a proxy is in the way'],
  ['nothing of the kind', '516', '516', 'UNKNOWN', 'nothing of the kind'],
];
for (const [text, header, code, type, message] of texts) {
  test(`error text: ${JSON.stringify(text)}`, () => {
    const error = readErrorText(text, header);
    assert.deepEqual([error.code, error.type, error.message], [code, type, message]);
  });
}

const tag = '0123456789abcdef';

async function* cutAt(bytes: Buffer, cuts: readonly number[], isCutOff: boolean): AsyncGenerator<Buffer> {
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (let index = 1; index < places.length; index++) yield bytes.subarray(places[index - 1], places[index]);
  if (isCutOff) throw new Error('aborted');
}

async function collected(parts: AsyncIterable<Buffer>): Promise<{ data: string; error: unknown }> {
  const got: Buffer[] = [];
  try {
    for await (const part of parts) got.push(part);
  } catch (error) {
    return { data: Buffer.concat(got).toString(), error };
  }
  return { data: Buffer.concat(got).toString(), error: undefined };
}

test('a stream gives its data and no byte of the error behind them, however it is cut', async () => {
  const data = fc.string({ unit: fc.constantFrom('\r', '\n', '_', 'exception', 'a', tag.slice(0, 3)), maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(data, fc.boolean(), fc.boolean(), fc.array(fc.nat(160), { maxLength: 12 }), async (text, fails, isCutOff, cuts) => {
      const message = 'Code: 395. DB::Exception: thrown on the way. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)';
      const bytes = Buffer.concat([Buffer.from(text), ...(fails ? [exceptionBlock(tag, message)] : [])]);
      const places = cuts.map((cut) => Math.min(cut, bytes.length));
      const { data: got, error } = await collected(withoutException(cutAt(bytes, places, isCutOff), tag));
      if (!fails && isCutOff) return assert.ok(text.startsWith(got) && error instanceof Error && !(error instanceof ClickHouseError));
      assert.equal(got, text);
      if (!fails) return assert.equal(error, undefined);
      assert.ok(error instanceof ClickHouseError);
      assert.deepEqual([error.code, error.type, error.message], ['395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', 'thrown on the way.']);
    }),
  );
});

test('a stream of a server without tags is given as it is', async () => {
  const parts = cutAt(Buffer.from('abc\r\n__exception__'), [3], false);
  assert.deepEqual(await collected(withoutException(parts, undefined)), { data: 'abc\r\n__exception__', error: undefined });
});
