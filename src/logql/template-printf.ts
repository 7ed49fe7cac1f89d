/** Go's `printf`, as far as templates of logs use it. */
import { quote } from './string-literals.ts';
import { numberOf, printValue, textOf, TemplateError } from './template-values.ts';
import type { TemplateValue } from './template-values.ts';

const verb = /%([-+ 0#]*)(\d+)?(?:\.(\d+))?([%vsdqtxXfegboc])/g;
const maxWidth = 10_000;

export function formatText(format: string, values: readonly TemplateValue[]): string {
  let next = 0;
  return format.replaceAll(verb, (_, flags: string, width: string | undefined, precision: string | undefined, letter: string) => {
    if (letter === '%') return '%';
    if (Number(width ?? 0) > maxWidth || Number(precision ?? 0) > 100) throw new TemplateError('a width is too large');
    if (next >= values.length) return `%!${letter}(MISSING)`;
    const text = formatValue(letter, values[next++], precision === undefined ? undefined : Number(precision), flags);
    return padded(text, Number(width ?? 0), flags, letter);
  });
}

function formatValue(letter: string, value: TemplateValue, precision: number | undefined, flags: string): string {
  const signed = (text: string): string => (flags.includes('+') && !text.startsWith('-') ? `+${text}` : text);
  switch (letter) {
    case 'd':
      return signed(String(Math.trunc(numberOf(value))));
    case 'f':
      return signed(numberOf(value).toFixed(precision ?? 6));
    case 'e':
      return signed(numberOf(value).toExponential(precision ?? 6));
    case 'g':
      return signed(
        precision === undefined ? printValue(numberOf(value)) : String(Number(numberOf(value).toPrecision(Math.max(1, precision)))),
      );
    case 'x':
    case 'X': {
      const hex = typeof value === 'number' ? Math.trunc(value).toString(16) : Buffer.from(textOf(value)).toString('hex');
      return letter === 'X' ? hex.toUpperCase() : hex;
    }
    case 'b':
    case 'o':
      return Math.trunc(numberOf(value)).toString(letter === 'b' ? 2 : 8);
    case 'c':
      return String.fromCodePoint(Math.min(0x10ffff, Math.max(0, Math.trunc(numberOf(value)))));
    case 'q':
      return quote(textOf(value));
    default: {
      const text = printValue(value);
      return precision === undefined || letter === 'v' ? text : [...text].slice(0, precision).join('');
    }
  }
}

function padded(text: string, width: number, flags: string, letter: string): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0') || !/[dfegxX]/.test(letter)) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.test(text) ? text[0] : '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
