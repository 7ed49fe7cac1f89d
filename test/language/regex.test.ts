/** Regular expressions mean the same in the engine as written, in the engine in canonical form, and in the matcher's automaton. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { foldText, tokenize } from '#base/text-folding.ts';
import { RegexMatcher } from '#language/regex-matcher.ts';
import { compileRegex } from '#language/regex-program.ts';
import { parseRegex, RegexError } from '#language/regex-syntax.ts';
import { printRegex, requiredTokens } from '#language/regex-text.ts';
import { EngineTables } from './engine-tables.ts';
import { sampleMessages, sampleValues } from './sample-rows.ts';

const seed = Number(process.env.MILLRACE_TEST_SEED ?? (Math.random() * 2 ** 31) | 0);
const patternsPerRun = Number(process.env.MILLRACE_TEST_QUERIES ?? 400);

const texts = [
  ...new Set([
    ...sampleMessages,
    ...sampleValues,
    'Error: timeout',
    'ERROR timeout\n',
    'a\nb',
    'é',
    'É',
    '\u212a',
    'ſ',
    '\u{10ffff}',
    'ab',
    'ba',
    'aab',
    'x_y',
    '\x7f',
    'AbC12',
  ]),
].map((text) => text.toWellFormed());

let engine: EngineTables;
before(() => {
  engine = new EngineTables();
});
after(() => engine.close());

/** Numbers of the texts in which the engine finds the pattern; undefined where it refuses it. */
function engineMatches(pattern: string): number[] | undefined {
  try {
    const answer = engine.query(
      'SELECT arrayFilter(i -> match({texts:Array(String)}[i + 1], {pattern:String}), range(length({texts:Array(String)})))',
      {
        pattern,
        texts: texts as unknown as string,
      },
    );
    return JSON.parse(answer) as number[];
  } catch {
    return undefined;
  }
}

function automatonMatches(pattern: string): number[] {
  const matcher = new RegexMatcher(compileRegex(parseRegex(pattern)));
  return texts.flatMap((text, i) => {
    // a gap of letters on both sides, so that reading past the text is noticed
    const bytes = Buffer.from(`ab${text}ab`);
    return matcher.test(bytes, 2, bytes.length - 2) ? [i] : [];
  });
}

function check(pattern: string): void {
  const found = automatonMatches(pattern);
  const canonical = printRegex(parseRegex(pattern));
  assert.deepEqual(engineMatches(canonical), found, `canonical form ${canonical} of ${pattern}`);
  assert.deepEqual(engineMatches(pattern), found, `as written: ${pattern}`);
  const required = requiredTokens(parseRegex(pattern));
  for (const i of found) {
    const tokens = tokenize(foldText(texts[i]));
    for (const { text, isWhole } of required) {
      assert.ok(
        tokens.some((token) => (isWhole ? token === text : token.includes(text))),
        `${pattern} requires ${text} in ${texts[i]}`,
      );
    }
  }
}

for (const pattern of [
  'pay',
  '^pay$',
  'a.b',
  '(?-s)a.b',
  '(?m)^b',
  'a$',
  '(?m)a$',
  '(?i)error',
  '(?i)K',
  '(?i)S',
  '(?i)É',
  'é',
  '(?i:E)rror|TIMEOUT',
  '\\d{2,}',
  '[[:upper:]]{3}',
  '[[:^alpha:]]',
  '[^a-z]',
  '\\W',
  '(?i)\\W',
  '(?i)[^k]',
  '\\pL+',
  '\\p{Greek}',
  '\\P{L}',
  '\\p{^Han}$',
  '\\bpay\\b',
  '\\Bpay',
  '\\x{1F680}',
  '\\Qa.b\\E|\\.',
  'declined.*order',
  'order (ord|abc)-\\d+',
  '(?P<name>card)',
  '(?<name>card)',
  'a{0}b',
  '(a|b){2,3}',
  '(?:a|)b',
  '(|a)b',
  'x*',
  '',
  '\\Apay\\z',
  '[]a]',
  '[a\\]]',
  '[-a]',
  '[a-]',
  '[\\d-z]',
  'a{,2}',
  'a{2',
  '\\n',
  '\\t',
  '\\101',
  '\\x41',
  '(?U)a+',
  '(?im-s)^B.',
  '[^\\x00-\\x{10FFFF}]',
  '$^',
  '^*a',
  'a\\/b',
  'C:\\\\dir',
  '\\Qab\\E+',
  '(a(?i)b|c)C',
]) {
  test(`/${pattern}/`, () => check(pattern));
}

/** What RE2 refuses too, and what it has and we have not. */
for (const pattern of [
  '(',
  ')',
  '[',
  '[a',
  'a**',
  'a*+',
  '*a',
  '+',
  '?',
  '(*a)',
  'a|*',
  '\\',
  '\\1',
  '(a)\\1',
  '(?=a)',
  '(?!a)',
  '(?<=a)b',
  '(?<!a)b',
  'a{1001}',
  '(a{100}){100}',
  '(?z)a',
  '[b-a]',
  '\\8',
  '\\y',
  '\\Z',
  '\\C',
  '[[:wrong:]]',
  '\\p{Wrong}',
  '\\pX',
  '\\x{110000}',
  '(?P=name)',
  '(?>a)',
  '(?#c)',
  'a{3,2}',
  '[\\b]',
  '[^a]{1000}[^b]{1000}',
  '('.repeat(1000),
]) {
  test(`refuses /${pattern.slice(0, 40)}/`, () => {
    assert.throws(() => compileRegex(parseRegex(pattern)), RegexError);
  });
}

const atom = fc.constantFrom(
  'a',
  'b',
  'pay',
  'é',
  'Ü',
  '.',
  '\\d',
  '\\w',
  '\\W',
  '\\s',
  '\\b',
  '\\B',
  '^',
  '$',
  '[a-z]',
  '[^a-z]',
  '[[:punct:]]',
  '\\pL',
  'E',
  'k',
  ' ',
  '-',
  '支',
  '\\.',
  '(?i)d',
  '(?m)',
  '(?-s)',
  '\\n',
);
const count = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,2}?', '*?');
const pattern = fc.letrec<{ regex: string }>((tie) => ({
  regex: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'regex' },
    { weight: 4, arbitrary: atom },
    {
      weight: 2,
      arbitrary: fc.array(tie('regex'), { minLength: 1, maxLength: 4, depthIdentifier: 'regex' }).map((parts) => parts.join('')),
    },
    { weight: 2, arbitrary: fc.tuple(tie('regex'), count).map(([inner, times]) => `(?:${inner})${times}`) },
    { weight: 2, arbitrary: fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => `(${a}|${b})`) },
    { weight: 1, arbitrary: fc.constantFrom(...sampleMessages.filter((text) => /^[\w -]+$/.test(text))) },
  ),
})).regex;

test(`generated expressions (seed ${seed})`, () => {
  let foundSome = 0;
  for (const each of fc.sample(pattern, { seed, numRuns: patternsPerRun })) {
    const found = automatonMatches(each);
    if (found.length > 0 && found.length < texts.length) foundSome++;
    try {
      check(each);
    } catch (error) {
      throw new Error(`seed ${seed}: /${each}/`, { cause: error });
    }
  }
  assert.ok(foundSome > patternsPerRun / 5, `only ${foundSome} of ${patternsPerRun} expressions found some texts but not all`);
});

test('any text is an expression or a RegexError', () => {
  const pieces = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '\\',
    '*',
    '{',
    '}',
    '?',
    ':',
    'a',
    '^',
    '-',
    'p',
    'Q',
    'E',
    '<',
    '1',
    ',',
    '|',
    '[:alpha:]',
    '(?i',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join('')),
        fc.string({ unit: 'binary', maxLength: 20 }),
      ),
      (text) => {
        try {
          const printed = printRegex(parseRegex(text.toWellFormed()));
          assert.equal(printRegex(parseRegex(printed)), printed);
        } catch (error) {
          assert.ok(error instanceof RegexError, String(error));
        }
      },
    ),
    { numRuns: 3000, seed },
  );
});

test('matching takes linear time and bounded memory', () => {
  for (const each of ['(a*)*b', '(a|aa)+$', '(?:a?){50}a{50}', '[ab]*a[ab]{14}$', '(x+x+)+y']) {
    const matcher = new RegexMatcher(compileRegex(parseRegex(each)));
    const bytes = Buffer.from(fc.sample(fc.constantFrom('a', 'b', 'x'), { seed, numRuns: 50_000 }).join(''));
    const started = performance.now();
    matcher.test(bytes, 0, bytes.length);
    // backtracking takes longer than the universe lasts
    assert.ok(performance.now() - started < 10_000, each);
  }
});
