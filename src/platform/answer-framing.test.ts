import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnswerHead, BodyDecoder } from './answer-framing.ts';

const headOf = (text: string): AnswerHead => {
  const head = AnswerHead.read(Buffer.from(text));
  assert.ok(head);
  return head;
};

/** The body as the decoder gives it, of bytes that come in these pieces. */
function decoded(head: AnswerHead, pieces: readonly Buffer[], method = 'POST'): { body: string; isAtEnd: boolean } {
  const decoder = new BodyDecoder(head, method);
  // Each piece lies where the one before lay, as it does on a connection.
  const place = Buffer.alloc(Math.max(1, ...pieces.map(({ length }) => length)));
  let body = '';
  for (const piece of pieces) {
    piece.copy(place);
    body += decoder.decode(place.subarray(0, piece.length)).toString('latin1');
  }
  return { body, isAtEnd: decoder.isAtEnd };
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((to, index) => bytes.subarray(edges[index], to));
}

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

test('a head is read when it is whole', () => {
  const text = 'HTTP/1.1 404 Not Found\r\nA: b: c \r\nX-Empty:\r\n\r\nbody';
  for (let length = 0; length < text.length - 4; length++) assert.equal(AnswerHead.read(Buffer.from(text.slice(0, length))), undefined);
  const head = headOf(text);
  assert.deepEqual([head.status, head.statusMessage, head.byteLength, head.isInterim], [404, 'Not Found', text.length - 4, false]);
  assert.deepEqual(head.rawHeaders, ['A', 'b: c', 'X-Empty', '']);
  assert.deepEqual([head.header('a'), head.header('x-empty'), head.header('b')], ['b: c', '', undefined]);
  assert.equal(headOf('HTTP/1.1 102 Processing\r\nX: y\r\n\r\n').isInterim, true);
});

for (const [what, text] of [
  ['not HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['a line without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
  ['no end in sight', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(300_000)}`],
])
  test(`no head: ${what}`, () => assert.throws(() => AnswerHead.read(Buffer.from(text))));

test('a chunked body is the same however it is cut, and ends where it says', () => {
  const chunk = fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' });
  fc.assert(
    fc.property(fc.array(chunk), fc.array(fc.nat(), { maxLength: 30 }), fc.boolean(), (chunks, places, hasTrailer) => {
      const framed = [
        ...chunks.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`),
        `0\r\n${hasTrailer ? 'X-Trailer: 1\r\n' : ''}\r\n`,
      ].join('');
      assert.deepEqual(decoded(headOf(chunked), cut(Buffer.from(framed), places)), { body: chunks.join(''), isAtEnd: true });
      assert.equal(decoded(headOf(chunked), cut(Buffer.from(framed.slice(0, -1)), places)).isAtEnd, false);
    }),
  );
});

for (const [what, body] of [
  ['no size', 'x\r\n'],
  ['an empty size', '\r\n'],
  ['a size beyond all', `${'f'.repeat(13)}\r\n`],
  ['more than its size', '1\r\nab\r\n'],
  ['a line without end', 'a'.repeat(2000)],
])
  test(`no chunk: ${what}`, () => assert.throws(() => decoded(headOf(chunked), [Buffer.from(body)])));

test('a body with a length, without one, and none', () => {
  const pieces = [Buffer.from('abc'), Buffer.from('defgh')];
  assert.deepEqual(decoded(headOf('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'), pieces), { body: 'abcde', isAtEnd: true });
  assert.deepEqual(decoded(headOf('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'), pieces), { body: 'abcdefgh', isAtEnd: false });
  assert.deepEqual(decoded(headOf('HTTP/1.1 200 OK\r\n\r\n'), pieces), { body: 'abcdefgh', isAtEnd: false });
  assert.equal(new BodyDecoder(headOf('HTTP/1.1 200 OK\r\n\r\n'), 'POST').endsWithConnection, true);
  for (const [head, method] of [
    ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n', 'HEAD'],
    ['HTTP/1.1 304 Not Modified\r\n\r\n', 'GET'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', 'GET'],
  ])
    assert.equal(new BodyDecoder(headOf(head), method).isAtEnd, true, head);
  assert.throws(() => new BodyDecoder(headOf('HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\n'), 'GET'));
});
