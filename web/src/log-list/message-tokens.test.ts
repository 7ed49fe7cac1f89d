import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseQuery } from '#language/parser.ts';
import { messageTokens } from './message-tokens.ts';
import { searchedText } from './searched-text.ts';
import { nameOfUnseen, toVisibleText } from './visible-text.ts';

function marksOf(query: string): readonly RegExp[] {
  const pattern = searchedText(parseQuery(query));
  return pattern === undefined ? [] : [pattern];
}

function shown(text: string, query = ''): string {
  return messageTokens(text, query === '' ? [] : marksOf(query))
    .map(({ kind, text: piece, mark }) => (kind === 'text' && mark === 0 ? piece : `${'*'.repeat(mark)}${kind}<${piece}>`))
    .join('');
}

test('values in a message are told apart', () => {
  const cases: [string, string][] = [
    ['charge failed after 5000 ms', 'charge failed after number<5000 ms>'],
    ['POST /checkout 502 231ms', 'POST path</checkout> number<502> number<231ms>'],
    ['order ord-10982784 placed', 'order id<ord-10982784> placed'],
    ['trace 1eb170dbc72ab0a6e8e36eb021d4e9c3', 'trace id<1eb170dbc72ab0a6e8e36eb021d4e9c3>'],
    ['id 01a1ffb8-e156-851e-bb00-00000661000c.', 'id id<01a1ffb8-e156-851e-bb00-00000661000c>.'],
    ['from 10.0.0.1:8080, retry', 'from id<10.0.0.1:8080>, retry'],
    ['see https://x.example/a?b=1', 'see path<https://x.example/a?b=1>'],
    ['user="bob smith" n=5', 'key<user=>string<"bob smith"> key<n=>number<5>'],
    ["can't open, don't retry", "can't open, don't retry"],
    ["file 'a b' missing", "file string<'a b'> missing"],
    ['disk usage is 91 %', 'disk usage is number<91 %>'],
    ['v2.137.0 deadbeef decade', 'v2.137.0 deadbeef decade'],
    ['a and/or b 3/4', 'a and/or b number<3>/number<4>'],
    ['<b>x</b>', '<b>x</b>'],
  ];
  for (const [text, expected] of cases) assert.equal(shown(text), expected);
});

test('what was searched for is marked', () => {
  assert.equal(shown('Card declined: card stolen', 'card'), '*text<Card> declined: *text<card> stolen');
  assert.equal(shown('card was declined', '"card declined"'), 'card was declined');
  assert.equal(shown('card, declined', '"card declined"'), '*text<card, declined>');
  assert.equal(shown('payments paid', 'pay*'), '*text<payments> paid');
  assert.equal(shown('order ord-1098 x', 'ord-1098'), 'order *id<ord-1098> x');
  assert.equal(shown('discard', 'card'), 'discard');
  assert.equal(shown('declined', 'service:declined -declined'), 'declined');
  assert.equal(shown('took 500 ms', '500'), 'took *number<500>number< ms>');
});

test('several marks stand beside each other, the first on top', () => {
  const tokens = messageTokens('card was declined by bank', [/declined/g, /was declined by/g]);
  assert.equal(tokens.map(({ text, mark }) => `${mark}${text}`).join('|'), '0card |2was declined by|0 bank');
  assert.equal(
    messageTokens('a b', [/a/g, /a b/g])
      .map(({ text, mark }) => `${mark}${text}`)
      .join('|'),
    '1a|2 b',
  );
});

test('what cannot be seen is named', () => {
  assert.equal(shown('a\u0000b'), 'aunseen<␀>b');
  assert.equal(shown('abc\u202Etxt.exe'), 'abcunseen<RLO>txt.exe');
  assert.equal(shown('\u001b[31mred\u001b[0m'), 'ansi<\u001b[31m>redansi<\u001b[0m>');
  assert.equal(shown('x="a\u200bb"'), 'key<x=>string<"a>unseen<ZWSP>string<b">');
  assert.equal(nameOfUnseen('\u0085'), 'U+0085');
  assert.equal(toVisibleText('a\u202eb\u0007\ud800'), 'a⟨RLO⟩b␇⟨U+D800⟩');
  assert.equal(toVisibleText('tab\tand\nline שלום 👩‍💻'), 'tab\tand\nline שלום 👩‍💻');
});

test('no character is lost, and time is linear', () => {
  const part = fc.constantFrom('"', "'", '=', '/', '-', '1', 'a', '.', ' ', '\u001b[', ':', '%', 'é');
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 5 })), { maxLength: 40 }), (parts) => {
      const text = parts.join('').replace(/[^\P{C}]/gu, '');
      assert.equal(
        messageTokens(text, [...marksOf('a 1*'), /b+/g])
          .map((token) => token.text)
          .join(''),
        text,
      );
    }),
  );
  for (const piece of ['a-', '1a', "'a", '/', '"', 'a=', '1.', 'ab12-', 'http://', '\u001b[1;', '0123456789abcdef']) {
    const text = piece.repeat(20_000);
    const startedMs = performance.now();
    messageTokens(text);
    assert.ok(performance.now() - startedMs < 3000, `${JSON.stringify(piece)} took ${performance.now() - startedMs} ms`);
  }
});
