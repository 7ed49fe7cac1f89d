/**
 * Folding and splitting of text for search: the one implementation for the gateway (column `folded`), the SQL
 * compiler (query words) and the in-memory matcher.
 *
 * Invariants: ASCII text folds to exactly what ClickHouse's `lower()` gives. `tokenize` splits exactly like ClickHouse's
 * `splitByNonAlpha` tokenizer: ASCII letters, digits and every non-ASCII character are word characters. What folding
 * turns into spaces (non-ASCII punctuation) or sets apart (Chinese, Japanese characters) therefore makes tokens of
 * every writing system, without the engine knowing.
 */

const asciiOnly = /^[\x00-\x7f]*$/;

/** Accents of Latin, Greek and Cyrillic, Hebrew points, Arabic vowel signs. Signs that make letters (Devanagari, kana) stay. */
const accents =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]/g;

/** Letters that Unicode does not decompose, and the final sigma. */
const letterSpellings: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  ŧ: 't',
  þ: 'th',
  ς: 'σ',
};
const spelledLetters = /[ßæœøđðħıłŧþς]/g;

/** Invisible characters inside words: soft hyphen, zero-width joiners, direction marks, byte order mark. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
const nonAsciiSeparators = /[^\x00-\x7f\p{L}\p{N}\p{M}\p{Co}]/gu;
/** Scripts written without spaces: each character is a token of its own, so a text is found by any part of it. */
const unspacedRuns = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3005\u30fc]+/gu;

/** True where `foldText` differs from ASCII lower case, so that the line needs the column `folded`. */
export function needsFolding(text: string): boolean {
  return !asciiOnly.test(text);
}

/**
 * Lower case without accents: `Größe` → `grosse`, `ＩＤ` → `id`, `支付` → ` 支 付 `. Compatibility forms are unfolded
 * (Unicode NFKD), non-ASCII punctuation, symbols and spaces become a space. Lone surrogates count as symbols.
 */
export function foldText(text: string): string {
  if (asciiOnly.test(text)) return text.toLowerCase();
  return text
    .toWellFormed()
    .replace(invisible, '')
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(accents, '')
    .replace(spelledLetters, (letter) => letterSpellings[letter])
    .normalize('NFC')
    .replace(nonAsciiSeparators, ' ')
    .replace(unspacedRuns, (run) => ` ${[...run].join(' ')} `);
}

const wordRuns = /[0-9A-Za-z\u0080-\uffff]+/g;

/** The tokens of a text, in order, as `splitByNonAlpha` gives them; folds nothing. */
export function tokenize(text: string): string[] {
  return text.match(wordRuns) ?? [];
}

/** 1 for bytes of UTF-8 text that belong to a token: ASCII letters, digits, every byte from 0x80. */
export const isWordByte: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 || /[0-9A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** ASCII lower case of a byte; other bytes are themselves. With `isWordByte` the byte-level twin of fold and split. */
export const lowerByte: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));
