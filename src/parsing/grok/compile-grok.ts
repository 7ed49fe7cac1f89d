/**
 * Grok: patterns with names, `%{IP:client_ip}`, compiled to one regular expression with named groups.
 *
 * `%{NAME}` stands for a pattern, `%{NAME:field}` also keeps what it matched, `%{NAME:field:type}` as a number (`int`,
 * `float`, `long`, `double`) or text (`string`). `%{NAME:[a][b]}` is the field `a.b`. Plain groups `(?<field>…)` are kept
 * too, `(?:…)` and `(?i…)` mean what they do in a regular expression; look-around is not admitted.
 */
import { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { compileLinearRegex } from '#platform/linear-regex.ts';
import type { PatternGroup } from '../formats/pattern.ts';
import { grokPatterns } from './grok-patterns.ts';

export interface CompiledGrok {
  readonly expression: RegExp;
  readonly groups: readonly PatternGroup[];
}

/** Patterns within patterns. */
const maxDepth = 30;
/** Of the expanded expression. */
const maxLength = 20_000;

/**
 * Compiles a pattern; `own` are patterns by name beside and before the standard ones. Throws AppError bad_request for an
 * unknown name, one that contains itself, or an expression that is not admitted.
 */
export function compileGrok(pattern: string, own: ReadonlyMap<string, string>): CompiledGrok {
  const compiler = new GrokCompiler(own);
  const source = compiler.expand(compiler.nameGroups(pattern), []);
  return { expression: compileLinearRegex(source), groups: compiler.groups };
}

/** Compiles a user's regular expression; its named groups are fields. Python's `(?P<name>` is taken too. */
export function compileRegex(pattern: string): CompiledGrok {
  const compiler = new GrokCompiler(new Map());
  const source = compiler.nameGroups(pattern);
  return { expression: compileLinearRegex(source), groups: compiler.groups };
}

class GrokCompiler {
  readonly groups: PatternGroup[] = [];
  readonly #own: ReadonlyMap<string, string>;

  constructor(own: ReadonlyMap<string, string>) {
    this.#own = own;
  }

  /** Names of groups may have dots and brackets, and come twice: each gets a name of ours. */
  nameGroups(pattern: string): string {
    return pattern.replace(/(\\.)|\(\?P?<([^=!>][^>]*)>/g, (whole, escape: string | undefined, name: string) =>
      escape === undefined ? `(?<${this.#add(name, 'guess')}>` : whole,
    );
  }

  expand(pattern: string, within: readonly string[]): string {
    if (within.length > maxDepth)
      throw new AppError('bad_request', `grok patterns are nested deeper than ${maxDepth}: ${within.join(' > ')}`);
    const expanded = pattern.replace(/%\{([^}]*)\}/g, (_, reference: string) => this.#reference(reference, within));
    if (expanded.length > maxLength)
      throw new AppError('bad_request', `the grok pattern is longer than ${maxLength} characters when expanded`);
    return expanded;
  }

  #reference(reference: string, within: readonly string[]): string {
    const [name, field, type = ''] = reference.split(':').map((part) => part.trim());
    const definition = this.#own.get(name) ?? grokPatterns.get(name);
    if (definition === undefined) throw this.#unknown(name);
    if (within.includes(name))
      throw new AppError('bad_request', `the grok pattern "${name}" contains itself: ${[...within, name].join(' > ')}`);
    const group = field === undefined || field === '' ? undefined : this.#add(field, typeOf(type, reference));
    const inner = this.expand(this.nameGroups(definition), [...within, name]);
    return group === undefined ? `(?:${inner})` : `(?<${group}>${inner})`;
  }

  #add(field: string, type: PatternGroup['type']): string {
    const group = `g${this.groups.length}`;
    const name = field.startsWith('[') ? field.slice(1, -1).split('][').join('.') : field;
    this.groups.push({ group, name, type });
    return group;
  }

  #unknown(name: string): AppError {
    const nearest = nearestName(name, [...this.#own.keys(), ...grokPatterns.keys()]);
    return new AppError('bad_request', `there is no grok pattern "${name}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`);
  }
}

function typeOf(type: string, reference: string): PatternGroup['type'] {
  if (type === '') return 'guess';
  if (['int', 'integer', 'long', 'float', 'double', 'number'].includes(type)) return 'number';
  if (type === 'string' || type === 'text' || type === 'keyword') return 'text';
  throw new AppError('bad_request', `"${type}" in "%{${reference}}" is no type; take int, float or string`);
}
