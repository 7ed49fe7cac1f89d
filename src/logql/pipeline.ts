/**
 * The stages of a pipeline, run on one line after the other. A stage changes the line or its labels, or drops the line; a
 * parser that cannot read a line leaves it as it is and says so in the label `__error__`, as in Loki.
 */
import type { JsonStage, LabelChoiceStage, LabelFormatStage, LineFilterStage, LogfmtStage, Stage } from './ast.ts';
import { compileAddresses } from './address-filter.ts';
import { parsePath, textOfTree, valueAt } from './json-paths.ts';
import { MalformedJson, parseJsonTree } from './json-text.ts';
import type { JsonTree } from './json-text.ts';
import { compileLabelFilter } from './label-filters.ts';
import { labelTest } from './label-tests.ts';
import { errorDetailsLabel, errorLabel, labelName } from './line-labels.ts';
import type { LineLabels } from './line-labels.ts';
import { parseLogfmt } from './logfmt.ts';
import { compilePattern } from './patterns.ts';
import { compileRegex } from './regex.ts';
import { parseTemplate } from './template.ts';
import { renderTemplate } from './template-run.ts';
import type { TemplateContext } from './template-run.ts';

export interface PipelineLine {
  readonly tsNs: bigint;
  line: string;
  readonly labels: LineLabels;
}

/** False drops the line. */
export type StageRun = (line: PipelineLine) => boolean;

/** Runs all stages; the expression was checked by the parser. */
export function compileStages(stages: readonly Stage[], context: TemplateContext): StageRun {
  const runs = stages.map((stage) => compileStage(stage, context));
  return (line) => runs.every((run) => run(line));
}

function compileStage(stage: Stage, context: TemplateContext): StageRun {
  switch (stage.kind) {
    case 'line-filter':
      return compileLineFilter(stage);
    case 'json':
      return compileJson(stage);
    case 'logfmt':
      return compileLogfmt(stage);
    case 'pattern': {
      const pattern = compilePattern(stage.pattern, 'parser');
      return always(({ line, labels }) => {
        for (const [name, value] of pattern.capture(line)) labels.extract(name, value);
      });
    }
    case 'regexp':
      return compileRegexp(stage.pattern);
    case 'unpack':
      return always(unpack);
    case 'decolorize':
      return always((line) => {
        line.line = line.line.replaceAll(colors, '');
      });
    case 'line-format': {
      const template = parseTemplate(stage.template);
      return always((line) => {
        const rendered = renderTemplate(template, line, context);
        if (rendered.error === undefined) line.line = rendered.text;
        else line.labels.fail('TemplateFormatErr', rendered.error);
      });
    }
    case 'label-format':
      return compileLabelFormat(stage, context);
    case 'drop':
    case 'keep':
      return compileLabelChoice(stage);
    case 'label-filter': {
      const passes = compileLabelFilter(stage.filter);
      return ({ labels }) => passes(labels);
    }
    default:
      return stage satisfies never;
  }
}

/** Colours and other control sequences of terminals. */
const colors = /[\u001b\u009b][[()#;?]*(?:(?:(?:[a-zA-Z\d]*(?:;[a-zA-Z\d]*)*)?\u0007)|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PRZcf-ntqry=><~]))/g;

const always =
  (change: (line: PipelineLine) => void): StageRun =>
  (line) => {
    change(line);
    return true;
  };

/** Whether a text passes the filter. */
export function compileLineFilter({ operator, terms }: LineFilterStage): StageRun {
  const tests = terms.map(({ text, isAddress }): ((line: string) => boolean) => {
    if (isAddress) return compileAddresses(text).isIn;
    switch (operator) {
      case '|=':
      case '!=':
        return (line) => line.includes(text);
      case '|~':
      case '!~': {
        const { expression } = compileRegex(text, 'part');
        return (line) => expression.test(line);
      }
      default:
        return compilePattern(text, 'filter').test;
    }
  });
  const isNegated = operator.startsWith('!');
  return ({ line }) => tests.some((test) => test(line)) !== isNegated;
}

function readJson({ line, labels }: PipelineLine): JsonTree | undefined {
  try {
    const tree = parseJsonTree(line);
    if (tree.kind === 'object') return tree;
    labels.fail('JSONParserErr', 'expected an object');
  } catch (thrown) {
    if (!(thrown instanceof MalformedJson)) throw thrown;
    labels.fail('JSONParserErr', thrown.message);
  }
  return undefined;
}

function compileJson({ extractions }: JsonStage): StageRun {
  if (extractions.length === 0) {
    return always((line) => {
      const tree = readJson(line);
      if (tree !== undefined) extractMembers(tree, '', line.labels);
    });
  }
  const paths = extractions.map(({ label, source }) => ({ label, path: parsePath(source) }));
  return always((line) => {
    const tree = readJson(line);
    if (tree === undefined) return;
    for (const { label, path } of paths) {
      const value = valueAt(tree, path);
      line.labels.extract(label, value === undefined ? '' : textOfTree(value));
    }
  });
}

/** Members of objects get their path as their name, joined by `_`; lists and null are left out. */
function extractMembers(tree: JsonTree, prefix: string, labels: LineLabels): void {
  if (tree.kind !== 'object') return;
  for (const [key, value] of tree.members) {
    if (key.trim() === '') continue;
    const name = prefix === '' ? labelName(key) : `${prefix}_${key.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
    if (value.kind === 'object') extractMembers(value, name, labels);
    else if (value.kind !== 'array' && value.kind !== 'null') labels.extract(name, value.text);
  }
}

function compileLogfmt({ extractions, strict, keepEmpty }: LogfmtStage): StageRun {
  const wanted = extractions.length === 0 ? undefined : extractions;
  return always(({ line, labels }) => {
    const { pairs, error } = parseLogfmt(line);
    if (error !== undefined && strict) return labels.fail('LogfmtParserErr', error);
    if (wanted === undefined) {
      for (const [key, value] of pairs) if (value !== '' || keepEmpty) labels.extract(labelName(key), value);
      return;
    }
    for (const { label, source } of wanted) {
      const value = pairs.find(([key]) => key === source)?.[1] ?? '';
      if (value !== '' || keepEmpty) labels.extract(label, value);
    }
  });
}

function compileRegexp(pattern: string): StageRun {
  const { expression, captureNames } = compileRegex(pattern, 'part');
  return always(({ line, labels }) => {
    const match = expression.exec(line);
    if (match === null) return;
    for (const [index, name] of captureNames.entries()) if (name !== undefined) labels.extract(labelName(name), match[index + 1] ?? '');
  });
}

/** The line that Promtail's `pack` stage hid beside its labels. */
const packedEntry = '_entry';

function unpack(line: PipelineLine): void {
  const tree = line.line.startsWith('{') ? readJson(line) : undefined;
  if (tree?.kind !== 'object') {
    if (line.labels.error === '') line.labels.fail('JSONParserErr', 'expecting json object({), but it is not');
    return;
  }
  const entry = tree.members.find(([key, value]) => key === packedEntry && value.kind === 'string')?.[1];
  if (entry?.kind !== 'string') return;
  for (const [key, value] of tree.members)
    if (key !== packedEntry && value.kind === 'string') line.labels.extract(labelName(key), value.text);
  line.line = entry.text;
}

function compileLabelFormat({ assignments }: LabelFormatStage, context: TemplateContext): StageRun {
  const runs = assignments.map(({ label, from }): ((line: PipelineLine) => void) => {
    if (from.kind === 'label') return ({ labels }) => rename(labels, from.text, label);
    const template = parseTemplate(from.text);
    return (line) => {
      const rendered = renderTemplate(template, line, context);
      if (rendered.error === undefined) line.labels.set(label, rendered.text);
      else line.labels.fail('TemplateFormatErr', rendered.error);
    };
  });
  return always((line) => {
    for (const run of runs) run(line);
  });
}

function rename(labels: LineLabels, from: string, to: string): void {
  if (!labels.has(from)) return;
  labels.set(to, labels.get(from), labels.kindOf(from) ?? 'parsed');
  labels.delete(from);
}

function compileLabelChoice({ kind, labels: choices }: LabelChoiceStage): StageRun {
  const tests = choices.map(({ name, matcher }) => ({ name, passes: matcher ? labelTest(matcher) : () => true }));
  const isNamed = (labels: LineLabels, label: string): boolean =>
    tests.some(({ name, passes }) => name === label && passes(labels.get(label)));
  if (kind === 'keep') {
    return always(({ labels }) => {
      for (const name of labels.names()) if (!isNamed(labels, name)) labels.delete(name);
    });
  }
  return always(({ labels }) => {
    for (const name of [...labels.names(), errorLabel, errorDetailsLabel]) if (isNamed(labels, name)) labels.delete(name);
  });
}
