import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReceiveBuffer } from '#receivers/receive-buffer.ts';
import { SyslogFrames } from './frames.ts';

interface Framed {
  readonly frames: string[];
  readonly rest: string;
  readonly events: readonly (readonly [string, number])[];
}

function frame(pieces: readonly string[], maxBytes = 1000): Framed {
  const buffer = new ReceiveBuffer();
  const frames = new SyslogFrames(maxBytes);
  const found: string[] = [];
  const text = (): string => Buffer.from(frames.bytes.subarray(frames.start, frames.end)).toString();
  for (const piece of pieces) {
    buffer.append(Buffer.from(piece));
    while (frames.next(buffer)) found.push(text());
  }
  const rest = frames.rest(buffer) ? text() : '';
  return { frames: found, rest, events: frames.takeEvents() };
}

const cases: readonly (readonly [string, readonly string[], Partial<Framed>])[] = [
  ['lines', ['<1>a\n<1>b\n\n<1>c'], { frames: ['<1>a', '<1>b'], rest: '<1>c' }],
  ['counted', ['4 <1>a7 <1>b\nc\n0'], { frames: ['<1>a', '<1>b\nc\n'], rest: '0' }],
  ['counted, with line feeds between', ['4 <1>a\n4 <1>b\n'], { frames: ['<1>a', '<1>b'], rest: '' }],
  ['counted, cut anywhere', ['1', '1', ' hello', ' world3', ' ', 'abc'], { frames: ['hello world', 'abc'], rest: '' }],
  [
    'a count that is none: lines from there',
    ['3 abcxyz 1\n5 hello\n'],
    { frames: ['abc', 'xyz 1', '5 hello'], events: [['framing_lost', 1]] },
  ],
  ['a count of nothing', ['0 abc\n'], { frames: ['0 abc'], events: [['framing_lost', 1]] }],
  ['a count without end', ['12345678901234 x\n'], { frames: ['12345678901234 x'], events: [['framing_lost', 1]] }],
  [
    'a line over the bound',
    [`<1>${'x'.repeat(22)}\n<1>b\n`],
    { frames: [`<1>${'x'.repeat(17)}`, 'xxxxx', '<1>b'], events: [['messages_split', 1]] },
  ],
  [
    'a line over the bound, in pieces',
    ['<1>xxxxx', 'xxxxxxxxxx', 'xxxxxxx\n'],
    { frames: [`<1>${'x'.repeat(17)}`, 'xxxxx'], events: [['messages_split', 1]] },
  ],
  [
    'a counted message over the bound',
    [`25 <1>${'x'.repeat(22)}4 <1>b`],
    { frames: [`<1>${'x'.repeat(17)}`, 'xxxxx', '<1>b'], events: [['messages_split', 1]] },
  ],
];

for (const [name, pieces, expected] of cases) {
  test(`frames: ${name}`, () => {
    const found = frame(pieces, 20);
    for (const key of Object.keys(expected) as (keyof Framed)[]) assert.deepEqual(found[key], expected[key]);
  });
}

test('frames: all messages come out, whatever the network cuts', () => {
  const message = fc.string({ minLength: 1, maxLength: 30 }).map((text) => `<1>${text.replaceAll('\n', ' ')}`);
  fc.assert(
    fc.property(fc.array(message, { minLength: 1 }), fc.boolean(), fc.array(fc.nat(40)), (messages, isCounted, cuts) => {
      const bytes = Buffer.from(messages.map((text) => (isCounted ? `${Buffer.byteLength(text)} ${text}` : `${text}\n`)).join(''));
      const buffer = new ReceiveBuffer();
      const frames = new SyslogFrames(1000);
      const found: string[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        buffer.append(Buffer.from(bytes.subarray(at, at + cut)));
        at = Math.min(bytes.length, at + cut);
        while (frames.next(buffer)) found.push(Buffer.from(frames.bytes.subarray(frames.start, frames.end)).toString());
      }
      assert.deepEqual(found, messages);
      assert.equal(frames.rest(buffer), false);
    }),
  );
});
