/**
 * JSON whose numbers keep the digits they were sent with. The server gives attribute values back digit by digit, and a
 * filter made from `12345678901234567890` or `1.50` must ask for exactly that; a JavaScript number could not.
 */

/** A number whose text JavaScript would change. */
export class ExactNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  toString(): string {
    return this.digits;
  }

  toJSON(): unknown {
    const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
    return rawJSON === undefined ? Number(this.digits) : rawJSON(this.digits);
  }
}

/** Digits that may be lost: many of them, tiny fractions, zeros at the end of a fraction, exponents, minus zero. Never in most lines. */
const suspicious = /\d[\d.]{15}|0\.0{6}|\.\d*0\s*[,}\]]|\d[eE][+-]?\d|-0(?:\.0*)?\s*[,}\]]/;

interface Source {
  readonly source?: string;
}

/** Parses like JSON.parse. Throws SyntaxError. */
export function parseExactly(text: string): unknown {
  // fast path
  if (!suspicious.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, context?: Source) => {
    const source = context?.source;
    return typeof value === 'number' && source !== undefined && String(value) !== source ? new ExactNumber(source) : value;
  });
}

/** A value as the text that a filter takes: texts as they are, everything else as JSON. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}
