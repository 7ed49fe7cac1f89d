/**
 * Just enough reading of SQL to route it: what kind of statement it is, which FORMAT it names, where the data of an
 * INSERT begins, and whether a second statement follows. Texts, quoted names, comments and heredocs are passed over.
 * Nothing is ever inserted into a statement from a request except `FROM INFILE` with a path of our own.
 */

export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'symbol';
  readonly start: number;
  readonly end: number;
}

export interface SqlStatement {
  /** First word in capitals, '(' for a parenthesised SELECT, '' for nothing at all. */
  readonly verb: string;
  /** Format named at the end, as written. */
  readonly format: string | undefined;
  /** An INSERT whose data follows the statement: where its format clause begins and where the statement ends. */
  readonly insert: { readonly clauseStart: number; readonly dataStart: number } | undefined;
  /** Something other than data follows a semicolon. */
  readonly multiple: boolean;
}

const space = /\s/;
const wordStart = /[A-Za-z_\u0080-\uffff]/;
const wordPart = /[A-Za-z0-9_$\u0080-\uffff]/;

/** Index behind the quoted text that begins at `start`; a backslash escapes, a doubled quote stays inside. */
function endOfQuoted(sql: string, start: number): number {
  const quote = sql[start];
  let at = start + 1;
  while (at < sql.length) {
    if (sql[at] === '\\') at += 2;
    else if (sql[at] !== quote) at++;
    else if (sql[at + 1] === quote) at += 2;
    else return at + 1;
  }
  return sql.length;
}

/** Index behind the comment that begins at `start`; `start` itself where there is none. */
function endOfComment(sql: string, start: number): number {
  const two = sql.slice(start, start + 2);
  if (two === '/*') {
    const close = sql.indexOf('*/', start + 2);
    return close < 0 ? sql.length : close + 2;
  }
  if (two === '--' || two === '#!' || two === '# ') {
    const newline = sql.indexOf('\n', start);
    return newline < 0 ? sql.length : newline + 1;
  }
  return start;
}

/** Index behind the heredoc `$tag$ … $tag$` that begins at `start`; `start` where there is none. */
function endOfHeredoc(sql: string, start: number): number {
  const tag = /^\$\w*\$/.exec(sql.slice(start, start + 66))?.[0];
  if (tag === undefined) return start;
  const close = sql.indexOf(tag, start + tag.length);
  return close < 0 ? start : close + tag.length;
}

/** The next token at or behind `from`; undefined at the end. */
export function nextToken(sql: string, from: number): SqlToken | undefined {
  let at = from;
  while (at < sql.length) {
    const char = sql[at];
    if (space.test(char)) {
      at++;
      continue;
    }
    const afterComment = endOfComment(sql, at);
    if (afterComment > at) {
      at = afterComment;
      continue;
    }
    if (char === "'" || char === '"' || char === '`') return { kind: 'quoted', start: at, end: endOfQuoted(sql, at) };
    const afterHeredoc = char === '$' ? endOfHeredoc(sql, at) : at;
    if (afterHeredoc > at) return { kind: 'quoted', start: at, end: afterHeredoc };
    if (!wordStart.test(char)) return { kind: 'symbol', start: at, end: at + 1 };
    let end = at + 1;
    while (end < sql.length && wordPart.test(sql[end])) end++;
    return { kind: 'word', start: at, end };
  }
  return undefined;
}

const upper = (sql: string, token: SqlToken): string => sql.slice(token.start, token.end).toUpperCase();

/** Skips INSERT's target: `INTO [TABLE] name[.name]` or `INTO [TABLE] FUNCTION name`, so that a table may be called `values`. */
function behindInsertTarget(sql: string, verbEnd: number): number {
  let token = nextToken(sql, verbEnd);
  while (token !== undefined && token.kind === 'word' && ['INTO', 'TABLE', 'FUNCTION'].includes(upper(sql, token))) {
    token = nextToken(sql, token.end);
  }
  while (token !== undefined) {
    const dot = nextToken(sql, token.end);
    if (dot === undefined || sql[dot.start] !== '.') return token.end;
    token = nextToken(sql, dot.end);
  }
  return sql.length;
}

/** Where the data of an INSERT begins; undefined for INSERT … SELECT, and where a file is named. */
function insertClause(sql: string, from: number): SqlStatement['insert'] {
  let depth = 0;
  for (let token = nextToken(sql, from); token !== undefined; token = nextToken(sql, token.end)) {
    const word = token.kind === 'quoted' ? '' : upper(sql, token);
    if (word === '(' || word === '{') depth++;
    else if (word === ')' || word === '}') depth--;
    if (depth > 0) continue;
    if (word === 'SELECT' || word === 'WITH' || word === 'INFILE' || word === ';') return undefined;
    if (word === 'VALUES') return { clauseStart: token.start, dataStart: token.end };
    if (word === 'FORMAT') {
      const name = nextToken(sql, token.end);
      return name === undefined ? undefined : { clauseStart: token.start, dataStart: name.end };
    }
  }
  return undefined;
}

/** Reads one statement of a request. For an INSERT with data nothing behind `dataStart` is looked at. */
export function readStatement(sql: string): SqlStatement {
  const first = nextToken(sql, 0);
  if (first === undefined) return { verb: '', format: undefined, insert: undefined, multiple: false };
  const verb = upper(sql, first);
  const insert = verb === 'INSERT' ? insertClause(sql, behindInsertTarget(sql, first.end)) : undefined;
  if (insert !== undefined) return { verb, format: undefined, insert, multiple: false };
  return { verb, insert, ...readTail(sql, first) };
}

/** The last FORMAT outside parentheses, and whether a second statement follows the first semicolon. */
function readTail(sql: string, first: SqlToken): { format: string | undefined; multiple: boolean } {
  let depth = 0;
  let format: string | undefined;
  for (let token: SqlToken | undefined = first; token !== undefined; token = nextToken(sql, token.end)) {
    const word = token.kind === 'quoted' ? '' : upper(sql, token);
    if (word === '(' || word === '[' || word === '{') depth++;
    else if (word === ')' || word === ']' || word === '}') depth--;
    else if (word === ';') return { format, multiple: restHasTokens(sql, token.end) };
    else if (word === 'FORMAT' && depth === 0) {
      const name = nextToken(sql, token.end);
      if (name?.kind === 'word') format = sql.slice(name.start, name.end);
    }
  }
  return { format, multiple: false };
}

function restHasTokens(sql: string, from: number): boolean {
  for (let token = nextToken(sql, from); token !== undefined; token = nextToken(sql, token.end)) {
    if (sql[token.start] !== ';') return true;
  }
  return false;
}

/** A ClickHouse text literal. Only for values of our own: paths, settings, session names. */
export function quoteText(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
