/** Detectors of anomalies: what one service does, and what is found of it; and that what is saved goes on as if nothing had been. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Finding } from './finding.ts';
import { ForestDetector } from './forest-detector.ts';
import { SeasonDetector } from './season-detector.ts';
import { seededRandom } from './seeded-random.ts';
import { sensitivities } from './sensitivity.ts';
import type { Detector } from './service-windows.ts';
import { emptyWindow, windowMs } from './window-figures.ts';
import type { WindowFigures } from './window-figures.ts';

const firstMs = Date.UTC(2026, 0, 5);
const day = 288;
const medium = sensitivities.medium;
const detectors = {
  volume: (): Detector => new SeasonDetector({ signal: 'volume', direction: 'both', sensitivity: medium }),
  drop: (): Detector => new SeasonDetector({ signal: 'volume', direction: 'drop', sensitivity: medium }),
  spike: (): Detector => new SeasonDetector({ signal: 'volume', direction: 'spike', sensitivity: medium }),
  warn: (): Detector => new SeasonDetector({ signal: 'warn', direction: 'both', sensitivity: medium }),
  forest: (): Detector => new ForestDetector({ sensitivity: medium, seed: 5, trees: 40, sampleSize: 96, growEvery: 144 }),
};

/** A service with a day: 100 to 300 lines a window, some WARN, ERROR, patterns and durations. */
function usual(at: number, random = seededRandom(at)): WindowFigures {
  const level = 200 + 100 * Math.sin((2 * Math.PI * at) / day);
  const lines = Math.round(level * (0.93 + 0.14 * random()));
  return {
    ...emptyWindow(firstMs + at * windowMs),
    lines,
    debugs: Math.round(lines * 0.2),
    warns: Math.round(4 + 4 * random()),
    errors: Math.round(3 * random()),
    patterns: 20 + Math.round(3 * random()),
    measured: lines,
    p50: 40 * (0.95 + 0.1 * random()),
    p99: 300 * (0.9 + 0.2 * random()),
  };
}

/** After nine usual days. */
function experienced(kind: keyof typeof detectors): { readonly detector: Detector; readonly next: number } {
  const detector = detectors[kind]();
  for (let at = 0; at < 9 * day; at++) assert.equal(detector.judge(usual(at)).isMet, false, `window ${at} is usual`);
  return { detector, next: 9 * day };
}

interface Case {
  readonly name: string;
  readonly kind: keyof typeof detectors;
  readonly change: (window: WindowFigures, at: number) => Partial<WindowFigures>;
  readonly windows: number;
  readonly found: RegExp | undefined;
}

const nothing = { lines: 0, debugs: 0, warns: 0, errors: 0, patterns: 0, measured: 0, p50: Number.NaN, p99: Number.NaN };

for (const { name, kind, change, windows, found } of [
  { name: 'nothing comes', kind: 'volume', change: () => nothing, windows: 1, found: /^volume 0 lines instead of about \d+ \(-100 %\)$/ },
  { name: 'half is missing', kind: 'volume', change: ({ lines }) => ({ lines: lines / 2 }), windows: 3, found: /\(-\d\d %\)$/ },
  { name: 'three times as much', kind: 'volume', change: ({ lines }) => ({ lines: lines * 3 }), windows: 2, found: /\(\+\d+ %\)$/ },
  { name: 'thirty times as much', kind: 'volume', change: ({ lines }) => ({ lines: lines * 30 }), windows: 1, found: /\(×\d\d\)$/ },
  { name: 'a tenth more', kind: 'volume', change: ({ lines }) => ({ lines: lines * 1.1 }), windows: 24, found: undefined },
  { name: 'a drop where spikes are asked for', kind: 'spike', change: () => nothing, windows: 6, found: undefined },
  { name: 'a spike where drops are asked for', kind: 'drop', change: ({ lines }) => ({ lines: lines * 30 }), windows: 6, found: undefined },
  {
    name: 'WARN rises slowly',
    kind: 'warn',
    change: ({ warns }, at) => ({ warns: warns + at }),
    windows: 36,
    found: /^WARN \d+ instead of about \d+/,
  },
  {
    name: 'WARN rises with the volume',
    kind: 'warn',
    change: ({ lines, warns }) => ({ lines: lines * 3, warns: warns * 3 }),
    windows: 24,
    found: undefined,
  },
  { name: 'errors', kind: 'forest', change: () => ({ errors: 41 }), windows: 2, found: /^ERROR 41 instead of about [0-4]/ },
  { name: 'fewer errors', kind: 'forest', change: () => ({ errors: 0 }), windows: 24, found: undefined },
  {
    name: 'slow answers',
    kind: 'forest',
    change: ({ p50, p99 }) => ({ p50: p50 * 7, p99: p99 * 7 }),
    windows: 2,
    found: /p99 [12](\.\d)? s instead of about 0?\.?\d+ m?s/,
  },
  { name: 'fast answers', kind: 'forest', change: ({ p50, p99 }) => ({ p50: p50 / 7, p99: p99 / 7 }), windows: 12, found: undefined },
  { name: 'new patterns', kind: 'forest', change: () => ({ newPatterns: 12 }), windows: 2, found: /new patterns 12 instead of about 0/ },
] as Case[])
  test(`${kind}: ${name}`, () => {
    const { detector, next } = experienced(kind);
    let finding: Finding | undefined;
    for (let at = 0; at < windows && finding?.isMet !== true; at++) {
      const window = usual(next + at);
      finding = detector.judge({ ...window, ...change(window, at) });
    }
    assert.equal(finding?.isMet, found !== undefined);
    if (found !== undefined) assert.match(finding?.detail ?? '', found);
  });

test('it ends when what comes is usual again', () => {
  const { detector, next } = experienced('volume');
  for (let at = next; at < next + 6; at++) assert.equal(detector.judge({ ...usual(at), lines: 0 }).isMet, true);
  const after = Array.from({ length: 4 }, (_, at) => detector.judge(usual(next + 6 + at)).isMet);
  assert.deepEqual(after, [true, false, false, false]);
});

test('a level that stays is the new one after some hours; nothing at all is not, for a day', () => {
  const { detector, next } = experienced('volume');
  const states = (change: number, from: number, count: number): boolean[] =>
    Array.from({ length: count }, (_, at) => detector.judge({ ...usual(from + at), lines: usual(from + at).lines * change }).isMet);
  const doubled = states(2.5, next, 60);
  assert.ok(doubled.slice(2, 30).every(Boolean), 'for two hours it is told');
  assert.equal(doubled.at(-1), false);
  assert.ok(states(0, next + 60, 200).every(Boolean));
});

test('a new service is not judged, says that it learns, and is judged when it was there for some hours', () => {
  const detector = detectors.volume();
  for (let at = 0; at < 20; at++) assert.match(detector.judge(usual(at)).detail ?? '', /^still learning: \d hours of the 7 days/);
  for (let at = 20; at < 60; at++) detector.judge(usual(at));
  const gone = Array.from({ length: 4 }, (_, at) => detector.judge({ ...usual(60 + at), lines: 0 }).isMet);
  assert.equal(gone.at(-1), true);
});

test('a few lines a window, more or fewer by chance, are no anomaly', () => {
  const detector = detectors.volume();
  const random = seededRandom(11);
  const found = Array.from({ length: 28 * day }, (_, at) => {
    let lines = 0;
    for (let product = random(); product > Math.exp(-2); product *= random()) lines++;
    return detector.judge({ ...emptyWindow(firstMs + at * windowMs), lines }).isMet;
  });
  assert.equal(found.filter(Boolean).length, 0);
});

test('windows that cannot be known are passed over: hours later it goes on without a word', () => {
  for (const kind of ['volume', 'warn', 'forest'] as const) {
    const { detector, next } = experienced(kind);
    detector.pass();
    for (let at = next + 100; at < next + 150; at++) assert.equal(detector.judge(usual(at)).isMet, false);
  }
});

test('restored, all goes on as if nothing had been', () => {
  const kinds = ['volume', 'warn', 'forest'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.integer({ min: 0, max: 700 }), fc.integer(), (kind, before, seed) => {
      const random = seededRandom(seed);
      const odd = (at: number): WindowFigures => {
        const window = usual(at);
        const factor = random() < 0.03 ? 10 * random() : 1;
        return { ...window, lines: window.lines * factor, warns: window.warns * factor, errors: window.errors * factor ** 2 };
      };
      const detector = detectors[kind]();
      for (let at = 0; at < before; at++) {
        if (random() < 0.002) detector.pass();
        else detector.judge(odd(at));
      }
      const restored = detectors[kind]();
      assert.equal(restored.restore(JSON.parse(JSON.stringify(detector.save()))), true);
      for (let at = before; at < before + 200; at++) {
        const window = odd(at);
        assert.deepEqual(restored.judge(window), detector.judge(window));
      }
      assert.deepEqual(restored.save(), detector.save());
    }),
    { numRuns: 12 },
  );
});

test('what is no saved state is refused', () => {
  for (const saved of [null, undefined, 1, 'x', [], {}, { season: {}, grain: 1 }, { features: {}, points: {}, episode: [] }])
    for (const kind of ['volume', 'forest'] as const) assert.equal(detectors[kind]().restore(saved), false);
});

test('a state is a few kilobytes', () => {
  for (const [kind, most] of [
    ['volume', 4096],
    ['warn', 4096],
    ['forest', 16_384],
  ] as const) {
    const bytes = JSON.stringify(experienced(kind).detector.save()).length;
    assert.ok(bytes < most, `${kind}: ${bytes}`);
  }
});
