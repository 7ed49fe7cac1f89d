/**
 * Templates of texts about alerts: `{{name}}` stands for a value, and that is all. There is no code in them, no nesting and
 * no loop; values are put in as they are and not looked at again. `{{{{` is two braces.
 */
import { nearestName } from '#base/nearest-name.ts';
import { problem } from './rule-problems.ts';
import type { RuleProblem } from './rule-problems.ts';

/** Names without a dot; `group.<field>` and `labels.<name>` besides. */
export const templateNames = ['rule', 'severity', 'value', 'threshold', 'detail', 'state', 'since', 'window'] as const;

interface TemplateName {
  readonly name: string;
  /** UTF-16 units of the template, braces included. */
  readonly start: number;
  readonly end: number;
}

/** Texts and names in their order; a problem where braces do not match. */
export interface MessageTemplate {
  readonly pieces: readonly (string | TemplateName)[];
  readonly problem?: { readonly message: string; readonly position: number; readonly length: number };
}

const mark = /\{\{\{\{|\{\{([^{}]*)\}\}|\{\{/g;

/** Linear in the text. */
export function parseTemplate(text: string): MessageTemplate {
  const pieces: (string | TemplateName)[] = [];
  let at = 0;
  for (const { 0: found, 1: name, index } of text.matchAll(mark)) {
    if (index > at) pieces.push(text.slice(at, index));
    at = index + found.length;
    if (found === '{{{{') pieces.push('{{');
    else if (name === undefined) return { pieces, problem: { message: 'these braces are not closed by "}}"', position: index, length: 2 } };
    else pieces.push({ name: name.trim(), start: index, end: at });
  }
  if (at < text.length) pieces.push(text.slice(at));
  return { pieces };
}

/** The text with values in it; names without a value are left out. */
export function renderTemplate({ pieces }: MessageTemplate, valueOf: (name: string) => string | undefined): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : (valueOf(piece.name) ?? ''))).join('');
}

export interface KnownNames {
  /** Fields of `group.<field>`; undefined: any. */
  readonly groupBy?: readonly string[] | undefined;
  /** Names of `labels.<name>`; undefined: any. */
  readonly labels?: readonly string[] | undefined;
}

/** What is wrong with a template in a member of a rule or channel. */
export function templateProblems(field: string, text: string, known: KnownNames = {}): RuleProblem[] {
  const { pieces, problem: broken } = parseTemplate(text);
  const names = pieces.filter((piece): piece is TemplateName => typeof piece !== 'string');
  const unknown = names.flatMap(({ name, start, end }) => {
    const message = unknownName(name, known);
    return message === undefined ? [] : [{ ...problem(field, message), position: start, length: end - start }];
  });
  return broken === undefined
    ? unknown
    : [...unknown, { ...problem(field, broken.message), position: broken.position, length: broken.length }];
}

function unknownName(name: string, { groupBy, labels }: KnownNames): string | undefined {
  if (templateNames.some((known) => known === name)) return undefined;
  const [prefix, rest] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
  if (name.includes('.') && rest !== '') {
    if (prefix === 'group' && (groupBy === undefined || groupBy.includes(rest))) return undefined;
    if (prefix === 'labels' && (labels === undefined || labels.includes(rest))) return undefined;
  }
  const candidates = [
    ...templateNames,
    ...(groupBy ?? []).map((field) => `group.${field}`),
    ...(labels ?? []).map((label) => `labels.${label}`),
  ];
  if (name === '') return `a name is missing between the braces; known are ${candidates.join(', ')}`;
  const nearest = nearestName(name, candidates);
  const advice = nearest === undefined ? `known are ${candidates.join(', ')}` : `did you mean "${nearest}"`;
  return `a template does not know "${name.slice(0, 80)}"; ${advice}`;
}
