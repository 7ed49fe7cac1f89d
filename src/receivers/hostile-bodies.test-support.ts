/** Bodies that nobody should send, for the fuzzing of decoders of JSON: good and bad pieces joined, cut and damaged. */
import { test } from 'node:test';
import fc from 'fast-check';

const fragments = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u',
  'null',
  '1e',
  '-',
  ' ',
  '\r\n',
  '\n',
  '\0',
  'é',
  '\ufeff',
  '\ud800',
  '"a":',
  '{}',
  '[]',
  '""',
];

/** Bodies made of `pieces`, which are what the protocol expects in any order, and of fragments of JSON. */
function hostileBodies(pieces: readonly string[]): fc.Arbitrary<Uint8Array> {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...pieces) },
    { weight: 2, arbitrary: fc.constantFrom(...fragments) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  );
  const joined = fc
    .tuple(fc.array(piece, { maxLength: 24 }), fc.constantFrom('\n', '\n', '\r\n', '', ' '))
    .map(([parts, between]) => Buffer.from(parts.join(between)));
  const damaged = fc
    .tuple(joined, fc.array(fc.tuple(fc.nat(4096), fc.nat(255)), { maxLength: 4 }), fc.option(fc.nat(4096), { freq: 3 }))
    .map(([bytes, changes, length]) => {
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      return new Uint8Array(length === null ? bytes : bytes.subarray(0, length));
    });
  return fc.oneof({ weight: 5, arbitrary: damaged }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) });
}

/** Runs of one property; MILLRACE_SEED and MILLRACE_FUZZ_RUNS change them. */
const fuzzParameters = {
  seed: Number(process.env['MILLRACE_SEED'] ?? 20_261_121),
  numRuns: Number(process.env['MILLRACE_FUZZ_RUNS'] ?? 3000),
};

const levels = 300_000;

/** Values made to be slow, or to use up the stack or the memory. */
const hostileValues: Readonly<Record<string, string>> = {
  'arrays in arrays': `${'['.repeat(levels)}${']'.repeat(levels)}`,
  'arrays without an end': '['.repeat(levels),
  'objects in objects': `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
  'a key again and again': `{${'"k":0,'.repeat(levels)}"k":1}`,
  'distinct keys': `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":0`).join(',')}}`,
  'escapes only': `"${'\\u00e9'.repeat(100_000)}"`,
  'a number without an end': '1'.repeat(1_000_000),
  'white space': ' '.repeat(3_000_000),
};

export interface HostileTests {
  /** What the protocol expects, and what it does not. */
  readonly pieces: readonly string[];
  /** Good bodies, which are cut at every byte. */
  readonly whole: readonly string[];
  /** Bodies with a hostile value at every place where the protocol has one. */
  readonly around: (value: string) => readonly string[];
  /** Throws where the decoder did not end well. */
  readonly checkBody: (body: Uint8Array) => Promise<void>;
}

/** The tests that every decoder of JSON passes. */
export function testHostileBodies({ pieces, whole, around, checkBody }: HostileTests): void {
  const check = (text: string): Promise<void> => checkBody(new TextEncoder().encode(text));

  test(`any bytes, seed ${fuzzParameters.seed}`, async () => {
    await fc.assert(fc.asyncProperty(hostileBodies(pieces), checkBody), fuzzParameters);
  });

  test('every cut of a body', async () => {
    for (const text of whole) {
      const body = new TextEncoder().encode(text);
      for (let length = 0; length <= body.length; length++) await checkBody(body.subarray(0, length));
    }
  });

  for (const [name, value] of Object.entries(hostileValues)) {
    test(`bounded: ${name}`, async () => {
      for (const body of around(value)) await check(body);
    });
  }
}
