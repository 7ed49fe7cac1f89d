import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { LineJoiner, lineGrouping, multilinePresets } from './multiline.ts';
import type { JoinBounds } from './multiline.ts';

const wide: JoinBounds = { maxLines: 1000, maxBytes: 100_000 };

function join(spec: string, text: string, bounds = wide): string[] {
  const grouping = lineGrouping(spec);
  assert.ok(grouping !== undefined);
  const records: string[] = [];
  const joiner = new LineJoiner(grouping, bounds, (bytes, start, end) =>
    records.push(new TextDecoder().decode(bytes.subarray(start, end))),
  );
  for (const line of text.split('\n')) {
    const bytes = new TextEncoder().encode(line);
    joiner.push(bytes, 0, bytes.length, 5);
  }
  joiner.flush();
  return records;
}

/** Each record as the presets should put it together; `auto` knows all of them. */
const traces: readonly (readonly [presets: readonly string[], records: readonly string[]])[] = [
  [
    ['java', 'auto'],
    [
      '2015-10-18 ERROR boom',
      '2015-10-18 ERROR boom\njava.lang.IllegalStateException: bad\n\tat a.b(C.java:1)\n\t... 3 more\nCaused by: java.io.IOException: x\n\tat d.e(F.java:2)\n\tSuppressed: g',
      '2015-10-18 INFO next',
    ],
  ],
  [
    ['python', 'auto'],
    [
      'ERROR:root:boom\nTraceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nValueError: bad\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "b.py", line 2\nmod.OtherError',
      'INFO:root:next',
    ],
  ],
  [
    ['go', 'auto'],
    [
      '2009/11/10 hello',
      'panic: boom\n\ngoroutine 1 [running]:\nmain.(*S).run(0xc0, {0x1, 0x2})\n\t/x/main.go:3 +0x1\ncreated by main.main\nexit status 2',
      '2009/11/10 next',
    ],
  ],
  [
    ['dotnet', 'auto'],
    [
      'fail: boom\n      System.InvalidOperationException: bad\n   at A.B() in C.cs:line 1\n--- End of stack trace ---\n ---> System.Exception: y',
      'info: next',
    ],
  ],
  [
    ['ruby', 'auto'],
    ["app.rb:1:in `f': bad (RuntimeError)\n\tfrom app.rb:2:in `<main>'", 'next'],
  ],
  [
    ['generic', 'auto'],
    ['first', 'second\n  indented\n\ttabbed\n...', 'third', '  12 is a margin', '  13 too'],
  ],
  [['/^\\[/'], ['[1] a\nb\n c', '[2] d']],
];

for (const [presets, records] of traces) {
  for (const preset of presets) {
    test(`${preset}: ${records[0].slice(0, 40)}`, () => assert.deepEqual(join(preset, records.join('\n')), records));
  }
}

test('cri: parts are put together, content is judged without its head', () => {
  const head = (second: number, tag: string): string => `2016-10-06T00:17:0${second}.669794202Z stdout ${tag} `;
  const text = [
    `${head(1, 'P')}one `,
    `${head(2, 'P')}two `,
    `${head(3, 'F')}three`,
    `${head(4, 'F')}boom`,
    `${head(5, 'F')}  at x`,
    `${head(6, 'F')}next`,
  ];
  assert.deepEqual(join('cri', text.join('\n')), [`${head(1, 'P')}one two three`, `${head(4, 'F')}boom\n  at x`, `${head(6, 'F')}next`]);
});

test('none leaves lines alone, and unknown ways are refused', () => {
  assert.equal(lineGrouping('none'), undefined);
  assert.equal(lineGrouping(''), undefined);
  for (const spec of ['jawa', '/(/', '/(a)\\1/', '/(?=a)/']) {
    assert.throws(
      () => lineGrouping(spec),
      (error) => error instanceof AppError && error.code === 'bad_request',
      spec,
    );
  }
});

test('bounds cut a record, and what follows begins another', () => {
  const lines = ['a', ...Array.from({ length: 9 }, (_, i) => ` ${'x'.repeat(i)}`)].join('\n');
  assert.ok(join('generic', lines, { maxLines: 3, maxBytes: 1000 }).every((record) => record.split('\n').length <= 3));
  assert.ok(join('generic', lines, { maxLines: 100, maxBytes: 12 }).every((record) => record.length <= 12));
});

test('nothing is lost and nothing made up, whatever the lines', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      '\tat a.b',
      'Traceback (most recent call last):',
      'ValueError: x',
      'panic: x',
      'goroutine 1',
      'a.b.CException: x',
      '  x',
    ),
    fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', ' ')),
  );
  const bounds = fc.record({ maxLines: fc.integer({ min: 1, max: 5 }), maxBytes: fc.integer({ min: 1, max: 60 }) });
  const specs = fc.constantFrom(...multilinePresets.filter((name) => name !== 'none' && name !== 'cri'));
  fc.assert(
    fc.property(specs, fc.array(line, { maxLength: 30 }), bounds, (spec, lines, limits) => {
      // blank lines at the end of a record go
      const squeezed = (text: string): string => text.replaceAll(/\n+/g, '\n').replaceAll(/^\n|\n$/g, '');
      assert.equal(squeezed(join(spec, lines.join('\n'), limits).join('\n')), squeezed(lines.join('\n')));
    }),
    { numRuns: 2000 },
  );
});
