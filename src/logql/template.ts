/**
 * Go's text templates, as `line_format` and `label_format` use them: text, `{{.label}}`, pipes, functions, variables, `if`,
 * `with` and `range`. Syntax: pkg.go.dev/text/template.
 */
import { quoted } from '#base/quoted.ts';
import { meaningError } from './errors.ts';
import { unquote } from './string-literals.ts';
import { isTemplateFunction } from './template-functions.ts';

export type Operand =
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'constant'; readonly value: string | number | boolean | undefined }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline; readonly path: readonly string[] };

/** Commands, each of which gets the value of the one before as its last argument. */
export type Pipeline = readonly (readonly Operand[])[];

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  /** `{{ $x := … }}` prints nothing. */
  | { readonly kind: 'action'; readonly pipeline: Pipeline; readonly variable?: string }
  | BlockNode;

export interface BlockNode {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipeline: Pipeline;
  /** `range $key, $value := …`, `with $x := …` */
  readonly variables: readonly string[];
  readonly body: Template;
  readonly otherwise: Template;
}
export type Template = readonly TemplateNode[];

/** Throws AppError query_syntax. */
export function parseTemplate(text: string): Template {
  const parser = new TemplateParser(text);
  const { nodes, end } = parser.block(0);
  if (end !== '') throw invalid(text, `unexpected {{${end}}}`);
  return nodes;
}

const invalid = (text: string, problem: string): Error =>
  meaningError(`invalid line template: template: line:1: ${problem} in ${quoted(text)}`);

const maxDepth = 50;
const actionToken =
  /\s*(\(|\)|\||:=|=|,|"(?:[^"\\]|\\[^])*"|`[^`]*`|'(?:[^'\\]|\\.)'|\$?[A-Za-z_]\w*|\$|(?:\.[A-Za-z_]\w*)+|\.|[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|0x[\dA-Fa-f]+))/y;

class TemplateParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Up to the end, or the action that ends a block: `end` or `else …`. */
  block(depth: number): { readonly nodes: TemplateNode[]; readonly end: string } {
    if (depth > maxDepth) throw invalid(this.#text, 'blocks are nested too deep');
    const nodes: TemplateNode[] = [];
    for (;;) {
      const open = this.#text.indexOf('{{', this.#at);
      const before = this.#text.slice(this.#at, open < 0 ? undefined : open);
      if (open < 0) {
        if (before !== '') nodes.push({ kind: 'text', text: before });
        this.#at = this.#text.length;
        return { nodes, end: '' };
      }
      const isTrimmed = /^\{\{-\s/.test(this.#text.slice(open, open + 4));
      const text = isTrimmed ? before.trimEnd() : before;
      if (text !== '') nodes.push({ kind: 'text', text });
      this.#at = open + (isTrimmed ? 3 : 2);
      const action = this.#readAction();
      if (/^(?:end|else)\b/.test(action)) return { nodes, end: action };
      if (!action.startsWith('/*')) nodes.push(this.#node(action, depth));
    }
  }

  /** What stands before the braces that close the action; a text in it may have such braces too. */
  #readAction(): string {
    const pattern = /(?:"(?:[^"\\]|\\[^])*"|`[^`]*`|\/\*[^]*?\*\/|(?!\}\})[^"`])*?(?=\s-\}\}|\}\})/y;
    pattern.lastIndex = this.#at;
    const action = pattern.exec(this.#text)?.[0];
    if (action === undefined) throw invalid(this.#text, 'unclosed action');
    this.#at += action.length;
    const isTrimmed = /^\s-\}\}/.test(this.#text.slice(this.#at, this.#at + 4));
    this.#at = this.#text.indexOf('}}', this.#at) + 2;
    if (isTrimmed) this.#at += this.#text.slice(this.#at).length - this.#text.slice(this.#at).trimStart().length;
    return action.trim();
  }

  #node(action: string, depth: number): TemplateNode {
    const control = /^(if|with|range)\b([^]*)$/.exec(action);
    if (control === null) {
      const { variables, pipeline } = new ActionParser(action, this.#text).declared();
      return { kind: 'action', pipeline, ...(variables.length > 0 ? { variable: variables[0] } : {}) };
    }
    const [, kind, head] = control;
    const { variables, pipeline } = new ActionParser(head, this.#text).declared();
    const { nodes: body, end } = this.block(depth + 1);
    return { kind: kind as BlockNode['kind'], pipeline, variables, body, otherwise: this.#otherwise(end, depth) };
  }

  #otherwise(end: string, depth: number): Template {
    if (end === 'end') return [];
    if (end === '') throw invalid(this.#text, 'unexpected EOF');
    const chained = /^else\s+((?:if|with)\b[^]*)$/.exec(end);
    if (chained !== null) return [this.#node(chained[1], depth + 1)];
    if (end !== 'else') throw invalid(this.#text, `unexpected {{${end}}}`);
    const { nodes, end: last } = this.block(depth + 1);
    if (last !== 'end') throw invalid(this.#text, 'expected {{end}}');
    return nodes;
  }
}

class ActionParser {
  readonly #tokens: readonly string[];
  readonly #template: string;
  #at = 0;

  constructor(action: string, template: string) {
    this.#template = template;
    this.#tokens = this.#tokenize(action);
  }

  /** `$a, $b := pipeline` or a pipeline alone. */
  declared(): { readonly variables: string[]; readonly pipeline: Pipeline } {
    const variables: string[] = [];
    const assignment = this.#tokens.findIndex((token) => token === ':=' || token === '=');
    if (assignment > 0) {
      variables.push(...this.#tokens.slice(0, assignment).filter((token) => token.startsWith('$')));
      this.#at = assignment + 1;
    }
    const pipeline = this.#pipeline(0);
    if (this.#at < this.#tokens.length) throw this.#unexpected();
    return { variables, pipeline };
  }

  #tokenize(action: string): string[] {
    const tokens: string[] = [];
    for (let at = 0; at < action.trimEnd().length; at = actionToken.lastIndex) {
      actionToken.lastIndex = at;
      const match = actionToken.exec(action);
      if (match === null) throw invalid(this.#template, `unexpected ${JSON.stringify(action.slice(at).trim().slice(0, 10))}`);
      tokens.push(match[1]);
    }
    return tokens;
  }

  #pipeline(depth: number): Pipeline {
    if (depth > maxDepth) throw invalid(this.#template, 'parentheses are nested too deep');
    const commands = [this.#command(depth)];
    while (this.#tokens[this.#at] === '|') {
      this.#at++;
      commands.push(this.#command(depth));
    }
    return commands;
  }

  #command(depth: number): Operand[] {
    const operands: Operand[] = [];
    while (this.#at < this.#tokens.length && this.#tokens[this.#at] !== '|' && this.#tokens[this.#at] !== ')') {
      operands.push(this.#operand(depth));
    }
    if (operands.length === 0) throw this.#unexpected('missing value for command');
    return operands;
  }

  #operand(depth: number): Operand {
    const token = this.#tokens[this.#at++];
    if (token === '(') {
      const pipeline = this.#pipeline(depth + 1);
      if (this.#tokens[this.#at++] !== ')') throw this.#unexpected('unclosed left paren');
      return { kind: 'pipeline', pipeline, path: this.#path() };
    }
    if (token === '.') return { kind: 'field', path: [] };
    if (token.startsWith('.')) return { kind: 'field', path: token.slice(1).split('.') };
    if (token.startsWith('$')) return { kind: 'variable', name: token, path: this.#path() };
    if (/^["`]/.test(token)) return { kind: 'constant', value: unquote(token) ?? token.slice(1, -1) };
    if (token.startsWith("'")) return { kind: 'constant', value: (unquote(token) ?? '').codePointAt(0) ?? 0 };
    if (/^[\d+-]/.test(token)) return { kind: 'constant', value: Number(token) };
    if (token === 'true' || token === 'false') return { kind: 'constant', value: token === 'true' };
    if (token === 'nil') return { kind: 'constant', value: undefined };
    if (!isTemplateFunction(token)) throw invalid(this.#template, `function "${token}" not defined`);
    return { kind: 'function', name: token };
  }

  /** `.a.b` directly behind a variable or a parenthesis. */
  #path(): string[] {
    const token = this.#tokens[this.#at];
    if (token === undefined || !/^\.[A-Za-z_]/.test(token)) return [];
    this.#at++;
    return token.slice(1).split('.');
  }

  #unexpected(problem = `unexpected ${JSON.stringify(this.#tokens[this.#at] ?? 'end of action')}`): Error {
    return invalid(this.#template, problem);
  }
}
