/** Labels of a stream as text, as Prometheus writes them: `{app="api", path="C:\\x"}`. */

export class MalformedLabels extends Error {
  readonly position: number;

  constructor(position: number, expected: string) {
    super(`expected ${expected}`);
    this.name = 'MalformedLabels';
    this.position = position;
  }
}

const space = /\s*/y;
/** A plain name, or any text in quotes (Prometheus since 3.0). */
const name = /[A-Za-z_:][\w:.]*|"[^"\\]*(?:\\.[^"\\]*)*"/y;
const value = /"[^"\\]*(?:\\[^][^"\\]*)*"|`[^`]*`/y;

/** Names and values in order. @throws MalformedLabels */
export function parseLabels(text: string): (readonly [string, string])[] {
  const labels: (readonly [string, string])[] = [];
  let at = 0;
  const take = (pattern: RegExp, expected: string): string => {
    pattern.lastIndex = at;
    const token = pattern.exec(text)?.[0];
    if (token === undefined) throw new MalformedLabels(at, expected);
    at += token.length;
    space.lastIndex = at;
    at += space.exec(text)?.[0].length ?? 0;
    return token;
  };
  take(space, 'labels');
  take(/\{/y, '"{"');
  while (text[at] !== '}') {
    const label = take(name, 'a label name');
    take(/=/y, '"="');
    labels.push([label.startsWith('"') ? unquote(label) : label, unquote(take(value, 'a value in quotes'))]);
    if (text[at] !== '}') take(/,/y, '"," or "}"');
  }
  take(/\}/y, '"}"');
  if (at < text.length) throw new MalformedLabels(at, 'the end');
  return labels;
}

const escape = /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|([0-7]{3})|([^]))/g;
const letters: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The text of a Go string literal; bytes that are no UTF-8 (`\xff`) become U+FFFD. */
function unquote(literal: string): string {
  const content = literal.slice(1, -1);
  if (literal.startsWith('`') || !content.includes('\\')) return content;
  return content
    .replace(escape, (_, byte?: string, unit?: string, point?: string, octal?: string, letter?: string) => {
      if (letter !== undefined) return letters[letter] ?? letter;
      const code = octal === undefined ? parseInt(byte ?? unit ?? point ?? '', 16) : parseInt(octal, 8);
      const isLoneByte = (byte !== undefined || octal !== undefined) && code >= 0x80;
      return isLoneByte || code > 0x10_ffff ? '\ufffd' : String.fromCodePoint(code);
    })
    .toWellFormed();
}
