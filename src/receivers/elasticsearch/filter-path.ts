/**
 * `filter_path`: which members of an answer the client wants.
 * https://www.elastic.co/docs/reference/elasticsearch/rest-apis/common-options#common-options-response-filtering
 *
 * Comma-separated paths; `*` stands within a name, `**` for any number of names, a leading `-` leaves out.
 */

type Path = readonly string[];

/** Filters named in one request; more are a mistake, and each costs. */
const maxPatterns = 64;

export class FilterPath {
  readonly #included: readonly Path[];
  readonly #excluded: readonly Path[];

  constructor(filter: string) {
    const patterns = filter
      .split(',')
      .map((pattern) => pattern.trim())
      .filter((pattern) => pattern !== '')
      .slice(0, maxPatterns);
    this.#included = patterns.filter((pattern) => !pattern.startsWith('-')).map(pathOf);
    this.#excluded = patterns.filter((pattern) => pattern.startsWith('-')).map((pattern) => pathOf(pattern.slice(1)));
  }

  /** True where the member of this path, which holds no other members, is wanted. */
  keeps(path: Path): boolean {
    if (this.#excluded.some((pattern) => covers(pattern, path))) return false;
    return this.#included.length === 0 || this.#included.some((pattern) => covers(pattern, path));
  }
}

/** The names of a pattern. One `**` behind another means no more, and would only cost. */
function pathOf(pattern: string): Path {
  return pattern.split('.').filter((name, i, names) => name !== '**' || names[i - 1] !== '**');
}

/** True where the pattern names the member or one around it. */
function covers(pattern: Path, path: Path): boolean {
  if (pattern.length === 0) return true;
  if (path.length === 0) return false;
  const [first, ...rest] = pattern;
  if (first === '**') return covers(rest, path) || covers(pattern, path.slice(1));
  return fits(first, path[0]) && covers(rest, path.slice(1));
}

/** `*` in a name stands for any characters; the parts between must come in their order. */
function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === name;
  const last = parts[parts.length - 1];
  if (!name.startsWith(parts[0]) || !name.endsWith(last) || name.length < parts[0].length + last.length) return false;
  let at = parts[0].length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
