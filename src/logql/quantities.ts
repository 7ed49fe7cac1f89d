/** Durations and sizes as LogQL writes them. */

const secondsOf: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  y: 365 * 86_400,
};
const durationPart = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w|y)/g;
const wholeDuration = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w|y))+$/;

/** `1h30m`, `-1.5s`, `0` → seconds; undefined for anything else. */
export function parseSeconds(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!wholeDuration.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(durationPart)) seconds += Number(amount) * secondsOf[unit];
  // a duration is a whole number of nanoseconds
  const rounded = Math.round(seconds * 1e9) / 1e9;
  return text.startsWith('-') ? -rounded : rounded;
}

const sizeUnits = ['', 'k', 'm', 'g', 't', 'p', 'e'];
const size = /^(\d[\d,]*(?:\.\d*)?|\.\d+)\s*(?:([kmgtpe]?)(i?)b?)$/i;

/** `5KB`, `1.5 MiB`, `42` → bytes, in units of 1000 or, with an i, 1024; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = size.exec(text.trim());
  if (match === null) return undefined;
  const [, amount, prefix, binary] = match;
  if (prefix === '' && binary !== '') return undefined;
  const power = sizeUnits.indexOf(prefix.toLowerCase());
  return Math.floor(Number(amount.replaceAll(',', '')) * (binary === '' ? 1000 : 1024) ** power);
}

const msUnits: readonly (readonly [string, number])[] = [
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** Milliseconds as a range is written: the largest unit that leaves no rest. */
export function printMs(ms: number): string {
  if (ms < 0) return `-${printMs(-ms)}`;
  for (const [unit, unitMs] of msUnits) if (ms !== 0 && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  return Number.isInteger(ms) ? `${ms}ms` : `${Math.round(ms * 1e6)}ns`;
}

/** A number as Go writes it: in full, without exponent. */
export function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const text = String(value);
  return text.includes('e') ? expanded(text) : text;
}

/** `1.5e-7` → `0.00000015`. */
function expanded(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign, whole, fraction = '', exponent] = match;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
