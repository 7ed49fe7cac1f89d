/** The colours of the interface, as numbers: what can be read in both themes, and whether levels keep their order. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { repositoryRoot } from '../support/product.ts';

type Colour = readonly [red: number, green: number, blue: number];
type Theme = 'light' | 'dark';

const css = readFileSync(join(repositoryRoot, 'web/src/design/tokens.css'), 'utf8');

/** Name → its opaque colour in both themes. */
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\);/g)].map(([, name, light, dark]) => [
    name,
    { light: colourOf(light), dark: colourOf(dark) },
  ]),
);

function colourOf(hex: string): Colour {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as unknown as Colour;
}

const linear = (part: number): number => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);

/** WCAG 2: relative luminance. */
function luminance([red, green, blue]: Colour): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function contrast(one: Colour, other: Colour): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function token(name: string, theme: Theme): Colour {
  const found = tokens.get(name);
  assert.ok(found, `there is a colour --${name}`);
  return found[theme];
}

/** Viénot, Brettel and Mollon (1999): how those see it who lack one kind of cone. */
function asSeenWithout(cone: 'red' | 'green', colour: Colour): Colour {
  const [r, g, b] = colour.map(linear);
  const rows =
    cone === 'red'
      ? [
          [0.11238, 0.88762, 0],
          [0.11238, 0.88762, 0],
          [0.00401, -0.00401, 1],
        ]
      : [
          [0.29275, 0.70725, 0],
          [0.29275, 0.70725, 0],
          [-0.02234, 0.02234, 1],
        ];
  const gamma = (part: number): number => (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055);
  return rows.map(([x, y, z]) => gamma(Math.min(1, Math.max(0, x * r + y * g + z * b)))) as unknown as Colour;
}

const distance = (one: Colour, other: Colour): number => Math.hypot(...one.map((part, index) => part - other[index]));

const themes: readonly Theme[] = ['light', 'dark'];
const papers = ['paper', 'raised', 'sunken', 'hover', 'chosen'];
const texts = [
  'ink',
  'muted',
  'accent',
  'danger',
  'caution',
  'level-error',
  'level-warn',
  'level-info',
  'level-debug',
  'level-trace',
  'level-fatal',
];
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

for (const theme of themes) {
  describe(`the ${theme} theme`, () => {
    for (const text of texts) {
      test(`--${text} can be read on every paper`, () => {
        for (const paper of papers) {
          const ratio = contrast(token(text, theme), token(paper, theme));
          assert.ok(ratio >= 4.5, `--${text} on --${paper} is ${ratio.toFixed(2)} : 1`);
        }
      });
    }
    test('words on the accent can be read', () => assert.ok(contrast(token('accent-ink', theme), token('accent', theme)) >= 4.5));
    test('edges of controls, focus and series can be seen', () => {
      const marks = ['line-strong', 'focus', ...Array.from({ length: 8 }, (_, index) => `series-${index + 1}`)];
      for (const mark of marks) {
        const ratio = contrast(token(mark, theme), token('raised', theme));
        assert.ok(ratio >= 3, `--${mark} is ${ratio.toFixed(2)} : 1`);
      }
    });
    test('bars of WARN, ERROR and FATAL differ from each other and from INFO, for all eyes', () => {
      const fills = ['info', 'warn', 'error', 'fatal'].map((level) => token(`fill-${level}`, theme));
      for (const see of [(c: Colour) => c, (c: Colour) => asSeenWithout('red', c), (c: Colour) => asSeenWithout('green', c)]) {
        for (const [index, fill] of fills.entries())
          for (const other of fills.slice(index + 1)) assert.ok(distance(see(fill), see(other)) > 0.12, 'two levels look the same');
      }
    });
    test('levels are cool up to INFO and warm from WARN on', () => {
      const warmth = levels.map((level) => token(`fill-${level}`, theme)).map(([red, , blue]) => red - blue);
      assert.deepEqual(
        warmth.map((one) => one > 0.05),
        [false, false, false, true, true, true],
      );
    });
  });
}
