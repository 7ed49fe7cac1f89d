/** JSON of a line as a tree that keeps numbers as they are written, and members in their order. */

export type JsonTree =
  /** A text; a number, true or false as it is written; null is the empty text of kind `null`. */
  | { readonly kind: 'string' | 'number' | 'boolean' | 'null'; readonly text: string }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, JsonTree])[]; readonly source: string }
  | { readonly kind: 'array'; readonly elements: readonly JsonTree[]; readonly source: string };

export class MalformedJson extends Error {}

const maxDepth = 256;
const space = /[ \t\r\n]*/y;
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrtu])*"/y;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordToken = /true|false|null/y;

/** Throws MalformedJson. */
export function parseJsonTree(text: string): JsonTree {
  const reader = new JsonTreeReader(text);
  const tree = reader.value(0);
  reader.end();
  return tree;
}

class JsonTreeReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipSpace();
  }

  value(depth: number): JsonTree {
    if (depth > maxDepth) throw new MalformedJson(`nested deeper than ${maxDepth}`);
    const start = this.#at;
    switch (this.#text[start]) {
      case '{': {
        const members: [string, JsonTree][] = [];
        this.#list('}', () => {
          const key = this.#string();
          if (!this.#skip(':')) throw this.#unexpected();
          members.push([key, this.value(depth + 1)]);
        });
        return { kind: 'object', members, source: this.#text.slice(start, this.#at).trimEnd() };
      }
      case '[': {
        const elements: JsonTree[] = [];
        this.#list(']', () => void elements.push(this.value(depth + 1)));
        return { kind: 'array', elements, source: this.#text.slice(start, this.#at).trimEnd() };
      }
      case '"':
        return { kind: 'string', text: this.#string() };
      default:
        return this.#scalar();
    }
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.#unexpected();
  }

  #scalar(): JsonTree {
    const word = this.#match(wordToken);
    if (word === 'null') return { kind: 'null', text: '' };
    if (word !== undefined) return { kind: 'boolean', text: word };
    const number = this.#match(numberToken);
    if (number === undefined) throw this.#unexpected();
    return { kind: 'number', text: number };
  }

  #list(end: string, element: () => void): void {
    this.#at++;
    this.#skipSpace();
    if (this.#skip(end)) return;
    do element();
    while (this.#skip(','));
    if (!this.#skip(end)) throw this.#unexpected();
  }

  #string(): string {
    const literal = this.#match(stringToken);
    if (literal === undefined) throw this.#unexpected();
    if (!literal.includes('\\')) return literal.slice(1, -1);
    try {
      return (JSON.parse(literal) as string).toWellFormed();
    } catch {
      throw new MalformedJson('invalid escape');
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return undefined;
    this.#at += found.length;
    this.#skipSpace();
    return found;
  }

  #skip(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    this.#skipSpace();
    return true;
  }

  #skipSpace(): void {
    space.lastIndex = this.#at;
    this.#at += space.exec(this.#text)?.[0].length ?? 0;
  }

  #unexpected(): MalformedJson {
    const char = this.#text[this.#at];
    return new MalformedJson(char === undefined ? 'unexpected end' : `unexpected character ${JSON.stringify(char)} at ${this.#at}`);
  }
}
