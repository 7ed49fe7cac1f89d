/** Runs a template on a line: its labels are the fields, `__line__` and `__timestamp__` the line itself and its time. */
import { callTemplateFunction } from './template-functions.ts';
import type { BlockNode, Operand, Pipeline, Template, TemplateNode } from './template.ts';
import { isTrue, memberOf, printValue, TemplateError, TemplateTime } from './template-values.ts';
import type { TemplateValue } from './template-values.ts';
import type { LineLabels } from './line-labels.ts';

export interface TemplateInput {
  readonly tsNs: bigint;
  readonly line: string;
  readonly labels: LineLabels;
}

/** What a template is told beside the line. */
export interface TemplateContext {
  readonly nowNs: bigint;
}

/** Longest text that a template makes: `repeat` and `range` could make any. */
const maxRenderedChars = 1_000_000;

export function renderTemplate(
  template: Template,
  input: TemplateInput,
  context: TemplateContext,
): { readonly text: string; readonly error?: string } {
  try {
    return { text: new TemplateRun(input, context).render(template) };
  } catch (thrown) {
    if (!(thrown instanceof TemplateError)) throw thrown;
    return { text: '', error: thrown.message };
  }
}

class TemplateRun {
  readonly #input: TemplateInput;
  readonly #context: TemplateContext;
  readonly #variables = new Map<string, TemplateValue>();
  /** What `.` is inside `with` and `range`; undefined at the top, where it is the labels. */
  #dot: { readonly value: TemplateValue } | undefined;
  #chars = 0;

  constructor(input: TemplateInput, context: TemplateContext) {
    this.#input = input;
    this.#context = context;
  }

  render(template: Template): string {
    return template.map((node) => this.#renderNode(node)).join('');
  }

  #renderNode(node: TemplateNode): string {
    switch (node.kind) {
      case 'text':
        return this.#counted(node.text);
      case 'action': {
        const value = this.#run(node.pipeline);
        if (node.variable === undefined) return this.#counted(printValue(value));
        this.#variables.set(node.variable, value);
        return '';
      }
      case 'if':
        return this.render(isTrue(this.#declared(node)) ? node.body : node.otherwise);
      case 'with': {
        const value = this.#declared(node);
        return isTrue(value) ? this.#inside(value, node.body) : this.render(node.otherwise);
      }
      case 'range':
        return this.#renderRange(node);
      default:
        return node satisfies never;
    }
  }

  #counted(text: string): string {
    this.#chars += text.length;
    if (this.#chars > maxRenderedChars) throw new TemplateError(`the template makes more than ${maxRenderedChars} characters`);
    return text;
  }

  #declared({ pipeline, variables }: BlockNode): TemplateValue {
    const value = this.#run(pipeline);
    if (variables.length > 0) this.#variables.set(variables[0], value);
    return value;
  }

  #renderRange({ pipeline, variables, body, otherwise }: BlockNode): string {
    const value = this.#run(pipeline);
    const entries: readonly (readonly [TemplateValue, TemplateValue])[] = Array.isArray(value)
      ? [...value.entries()]
      : value instanceof Map
        ? [...value].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
        : [];
    if (entries.length === 0) return this.render(otherwise);
    return entries
      .map(([key, entry]) => {
        const [first, second] = variables.length > 1 ? [key, entry] : [entry, undefined];
        if (variables[0] !== undefined) this.#variables.set(variables[0], first);
        if (variables[1] !== undefined) this.#variables.set(variables[1], second);
        return this.#inside(entry, body);
      })
      .join('');
  }

  #inside(value: TemplateValue, body: Template): string {
    const outer = this.#dot;
    this.#dot = { value };
    const text = this.render(body);
    this.#dot = outer;
    return text;
  }

  #run(pipeline: Pipeline): TemplateValue {
    let value: TemplateValue;
    for (const [index, [head, ...rest]] of pipeline.entries()) {
      const passed = index === 0 ? [] : [value];
      if (head.kind === 'function') value = this.#call(head.name, [...rest.map((operand) => this.#value(operand)), ...passed]);
      else if (rest.length > 0 || index > 0) throw new TemplateError("can't give argument to non-function");
      else value = this.#value(head);
    }
    return value;
  }

  #value(operand: Operand): TemplateValue {
    switch (operand.kind) {
      case 'constant':
        return operand.value;
      case 'function':
        return this.#call(operand.name, []);
      case 'pipeline':
        return operand.path.reduce(memberOf, this.#run(operand.pipeline));
      case 'variable':
        return operand.path.reduce(memberOf, operand.name === '$' ? this.#labels() : this.#variables.get(operand.name));
      case 'field':
        return this.#field(operand.path);
      default:
        return operand satisfies never;
    }
  }

  /** A label that is not there is the empty text. */
  #field(path: readonly string[]): TemplateValue {
    if (this.#dot !== undefined) return path.reduce(memberOf, this.#dot.value);
    if (path.length === 1) return this.#input.labels.get(path[0]);
    if (path.length === 0) return this.#labels();
    throw new TemplateError(`can't evaluate field ${path[1]} in a label`);
  }

  #labels(): TemplateValue {
    return new Map([...this.#input.labels.entries()].map(([name, value]) => [name, value]));
  }

  #call(name: string, values: readonly TemplateValue[]): TemplateValue {
    if (name === '__line__') return this.#input.line;
    if (name === '__timestamp__') return new TemplateTime(this.#input.tsNs);
    if (name === 'now') return new TemplateTime(this.#context.nowNs);
    return callTemplateFunction(name, values);
  }
}
