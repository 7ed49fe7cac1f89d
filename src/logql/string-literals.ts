/** Go's string literals, in which LogQL writes texts. */

const escape = /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|([0-7]{3})|([abfnrtv\\"'])|([^]))/g;
const letters: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** Content of `"…"` or `` `…` ``; undefined where an escape means nothing. Bytes that are no UTF-8 become U+FFFD. */
export function unquote(literal: string): string | undefined {
  const content = literal.slice(1, -1);
  if (literal.startsWith('`') || !content.includes('\\')) return content;
  let isValid = true;
  const text = content.replace(
    escape,
    (_, byte?: string, unit?: string, point?: string, octal?: string, letter?: string, unknown?: string) => {
      if (unknown !== undefined) isValid = false;
      if (letter !== undefined) return letters[letter] ?? letter;
      const code = octal === undefined ? Number.parseInt(byte ?? unit ?? point ?? '0', 16) : Number.parseInt(octal, 8);
      const isLoneByte = (byte !== undefined || octal !== undefined) && code >= 0x80;
      return isLoneByte || code > 0x10_ffff ? '\ufffd' : String.fromCodePoint(code);
    },
  );
  return isValid ? text.toWellFormed() : undefined;
}

const controls: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' };

export function quote(text: string): string {
  // a lone surrogate has no literal; it never comes out of one either
  return `"${text.toWellFormed().replaceAll(/["\\\u0000-\u001f\u007f]/g, (char) => controls[char] ?? hexEscape(char))}"`;
}

const hexEscape = (char: string): string => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
