import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MaskedTokens } from './masked-tokens.ts';
import { fits, shapeOf } from './message-shape.ts';

const limits = { maxTokens: 16, maxBytes: 96 };

/** A message among other bytes, as in a batch. */
class Scanned {
  readonly tokens = new MaskedTokens(limits);
  readonly bytes: Buffer;
  readonly start = 3;
  readonly end: number;

  constructor(message: string) {
    this.bytes = Buffer.from(`5: ${message}7 ms`).subarray(0);
    this.end = this.bytes.length - 4;
    this.tokens.scan(this.bytes, this.start, this.end, 1, 2);
  }

  get key(): string {
    return `${this.tokens.keyHigh} ${this.tokens.keyLow} ${this.tokens.count}`;
  }

  fits(shape: readonly number[]): boolean {
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return fits(Int32Array.from(shape), 0, this.bytes, view, this.start, this.end, limits.maxBytes);
  }
}

function isFitting(model: string, message: string): boolean {
  const { tokens, bytes, start, end } = new Scanned(model);
  const shape = shapeOf(tokens, bytes, start, end);
  return shape !== undefined && new Scanned(message).fits(shape);
}

const table: readonly (readonly [model: string, message: string, isFitting: boolean])[] = [
  ['user 17 logged in', 'user 4711 logged in', true],
  ['user 17 logged in', 'user 17 logged out', false],
  ['user 17 logged in', 'user 17 logged in now', false],
  ['user 17 logged in now', 'user 17 logged in', false],
  ['user u-17 left', 'user u-123456 left', true],
  ['user u-17 left', 'user v-17 left', false],
  ['key 3fa9 is gone', 'key a1b2c3d4e5f6 is gone', true],
  ['key 3fa9 is gone', 'key 1234 is gone', false],
  ['read /var/log/a1', 'read /srv/b22/log', true],
  ['read /var/log/a1', 'read log/a1', false],
  ['took 15 ms', 'took 1 ms', true],
  ['took 15 ms', 'took 1 s', false],
  ['took 1.5 s.', 'took 22.75 s.', true],
  ['it took 15.', 'it took 7.', true],
  ['failed with 1\n at a', 'failed with 22\n at elsewhere', true],
  ['failed with 1\n at a', 'failed with 22', false],
  ['link aa:bb:cc lost', 'link aa:bb:cc lost', false],
  ['key deadbeef is gone', 'key deadbeef is gone', false],
  ['one two three', 'one two three', true],
  ['', '', true],
];

for (const [model, message, expected] of table) {
  test(`${JSON.stringify(message)} ${expected ? 'has' : 'has not'} the shape of ${JSON.stringify(model)}`, () => {
    assert.equal(isFitting(model, message), expected);
    if (expected) assert.equal(new Scanned(message).key, new Scanned(model).key);
  });
}

test('what is beyond the bounds of the scan never changes whether a message fits', () => {
  const long = `${'word '.repeat(15)}end of it 5`;
  assert.ok(isFitting(long, `${'word '.repeat(15)}end of another line 7`), 'tokens beyond the bound say nothing');
  assert.ok(!isFitting(long, `${'word '.repeat(15)}endless of it 5`));
  const overlong = `a ${'x'.repeat(limits.maxBytes)} 5`;
  assert.ok(!isFitting(overlong, overlong), 'the scan has cut it');
  assert.ok(!isFitting('id 5x1', `id ${'5x1'.repeat(limits.maxBytes)}`), 'the scan would cut it');
});

/** What rules of the scan look at, close together. */
const part = fc.constantFrom(
  ...['user', 'bytes', 'KB', 'ms', 'a', 'bad', 'face', 'deadbeef', 'é', 'X', 'ssh2', 'jk2_init', 'mail.example.com', 'u-', 'blk_', 'x_-'],
  ...['1', '42', '1.5', '10.0.0.1', '3fa9', '0x1f', 'a1b2c3d4', '/var/log', '/v2/1', 'lib/a.so/x', 'C:\\a\\1', '7%'],
  ...[
    ' ',
    ' ',
    ' ',
    ' ',
    ':',
    ': ',
    '::',
    '=',
    '= ',
    '=""',
    '()',
    '(',
    ')',
    ', ',
    ',',
    ';',
    '|',
    '@',
    '-',
    '+',
    '.',
    '..',
    '/',
    '_',
    '\n',
    '"',
  ],
);
const message = fc.array(part, { minLength: 1, maxLength: 24 }).map((parts) => parts.join(''));

const alike: readonly string[] = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', ' ', ':', '.-_/=@'];

/** Another message of nearly the same shape: letters and digits become others of their kind, digits come and go. */
function varied(text: string, choices: readonly number[]): string {
  let turn = 0;
  const next = (): number => choices[turn++ % choices.length];
  return [...text]
    .map((character) => {
      const kind = alike.find((characters) => characters.includes(character));
      if (kind === undefined || next() % 3 > 0) return character;
      const other = kind[next() % kind.length];
      if (kind !== alike[0]) return other;
      return ['', other, other, `${other}${next() % 10}`][next() % 4];
    })
    .join('');
}

test('messages that fit a shape have its key', (context) => {
  let fitting = 0;
  let checked = 0;
  fc.assert(
    fc.property(message, fc.array(fc.nat(1000), { minLength: 8, maxLength: 64 }), (model, choices) => {
      const { tokens, bytes, start, end, key } = new Scanned(model);
      const shape = shapeOf(tokens, bytes, start, end);
      if (shape === undefined) return;
      for (const other of [model, varied(model, choices), varied(model, choices.toReversed())]) {
        const scanned = new Scanned(other);
        if (!scanned.fits(shape)) continue;
        fitting += other === model ? 0 : 1;
        assert.equal(scanned.key, key, JSON.stringify([model, other]));
      }
      checked++;
    }),
    { numRuns: Number(process.env['SHAPE_RUNS'] ?? 5000) },
  );
  context.diagnostic(`${fitting} other messages fitted ${checked} shapes`);
  assert.ok(fitting > checked / 50, 'too few messages fit for this to mean anything');
});
