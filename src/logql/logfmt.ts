/** `key=value key="quoted value" flag` → pairs in their order, as go-logfmt reads them. */

export type LogfmtPair = readonly [key: string, value: string];

/** `error` where a part is malformed; the pairs around it are read all the same. */
export interface LogfmtLine {
  readonly pairs: readonly LogfmtPair[];
  readonly error?: string;
}

const blank = /[\s\u0000-\u001f]*/y;
const key = /[^\s="\u0000-\u001f]+/y;
const plainValue = /[^\s"=\u0000-\u001f]*/y;
const quotedValue = /"((?:[^"\\]|\\[^])*)"/y;
const rest = /[^\s]*/y;

export function parseLogfmt(line: string): LogfmtLine {
  const pairs: LogfmtPair[] = [];
  let error: string | undefined;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(line);
    if (found !== null) at += found[0].length;
    return found;
  };
  const fail = (problem: string): void => {
    error ??= `logfmt syntax error at pos ${at + 1} : ${problem}`;
    take(rest);
  };
  for (take(blank); at < line.length; take(blank)) {
    const name = take(key)?.[0];
    if (name === undefined) {
      fail(`unexpected '${line[at]}'`);
      if (line[at] !== undefined && !/\s/.test(line[at])) at++;
    } else if (line[at] !== '=') {
      if (line[at] === '"') fail(`unexpected '"'`);
      else pairs.push([name, '']);
    } else {
      at++;
      const quoted = take(quotedValue);
      const value = quoted === null ? take(plainValue)?.[0] : unescape(quoted[1]);
      if (quoted === null && line[at] !== undefined && /["=]/.test(line[at])) fail(`unexpected '${line[at]}'`);
      else pairs.push([name, value ?? '']);
    }
  }
  return { pairs, ...(error === undefined ? {} : { error }) };
}

/** Escapes are JSON's; what is none of them stays as it is. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return (
      JSON.parse(`"${text.replaceAll(/[\u0000-\u001f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`) as string
    ).toWellFormed();
  } catch {
    return text;
  }
}
