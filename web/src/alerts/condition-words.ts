/** A condition and its values in words, the same on every page. Pure. */
import { shownSpan } from '#base/shown-times.ts';
import type { AlertRule, Condition, SimpleCondition } from '../api/operations.ts';
import { showBytes, showCount, showNumber, showPercent } from '../design/figures.ts';
import { hasThreshold, isCombined } from './rule-model.ts';
import type { ConditionOf, ThresholdCondition } from './rule-model.ts';

export const againstWords: Readonly<Record<ConditionOf<'change'>['against'], string>> = {
  window_before: 'the time before',
  day_before: 'the same time yesterday',
  week_before: 'the same time last week',
};

/** `lines in 5 min > 100` */
export function conditionWords(condition: Condition): string {
  if (isCombined(condition)) {
    return condition.conditions.map(oneInWords).join(condition.kind === 'all' ? ' and ' : ' or ');
  }
  return oneInWords(condition);
}

function oneInWords(condition: SimpleCondition): string {
  const filter = condition.filter === undefined || condition.filter === '' ? '' : ` of ${condition.filter}`;
  if (hasThreshold(condition)) return `${measureWords(condition, filter)} ${thresholdWords(condition)}`;
  switch (condition.kind) {
    case 'absence':
      return `no line${filter} for ${shownSpan(condition.window_ms)}`;
    case 'silent_source':
      return `a ${condition.source}${filter} has gone silent`;
    case 'new_pattern':
      return `a pattern${filter} never seen before`;
    case 'budget':
      return `${condition.unit}${filter} of ${condition.period === 'day' ? 'a day' : 'an hour'} over ${budgetText(condition)}`;
    case 'anomaly':
      return `${anomalyWords[condition.signal]}${filter} unlike its past`;
  }
}

const anomalyWords = { volume: 'volume', warn: 'warnings', forest: 'behaviour' } as const;

function budgetText({ unit, threshold, warn_at: warnAt = 1 }: ConditionOf<'budget'>): string {
  const text = unit === 'bytes' ? showBytes(threshold) : showCount(threshold);
  return warnAt === 1 ? text : `${showPercent(warnAt * 100)} of ${text}`;
}

function measureWords(condition: ThresholdCondition, filter: string): string {
  const span = shownSpan(condition.window_ms);
  switch (condition.kind) {
    case 'count':
      return `lines${filter} in ${span}`;
    case 'rate':
      return `lines a second${filter} over ${span}`;
    case 'ratio':
      return `share of ${condition.part}${filter} over ${span}`;
    case 'change':
      return `lines${filter} in ${span} against ${againstWords[condition.against]}`;
    case 'metric':
      return `${condition.aggregate} of ${condition.attribute}${filter} over ${span}`;
    case 'sequence':
      return `${condition.first} ${condition.expect === 'both' ? 'then' : 'without'} ${condition.then}${filter} in ${span}`;
  }
}

/** `> 100`, `> 1 %` */
function thresholdWords(condition: ThresholdCondition): string {
  return `${condition.operator} ${valueWords(condition, condition.threshold)}`;
}

/** A value of the condition with its unit. */
export function valueWords(condition: Condition, value: number): string {
  switch (condition.kind) {
    case 'ratio':
      return showPercent(value * 100);
    case 'rate':
      return `${showNumber(value)}/s`;
    case 'change':
      return condition.measure === 'percent' ? `${value > 0 ? '+' : ''}${showNumber(value)} %` : showNumber(value);
    case 'budget':
      return condition.unit === 'bytes' ? showBytes(value) : showCount(value);
    case 'absence':
    case 'silent_source':
      // seconds of silence
      return shownSpan(value * 1000);
    default:
      return showNumber(value);
  }
}

/** What a chart of its values compares them with. */
export function thresholdsOf({ condition }: Pick<AlertRule, 'condition'>): readonly { readonly value: number; readonly label: string }[] {
  if (isCombined(condition)) return [];
  if (condition.kind === 'budget') return [{ value: condition.threshold * (condition.warn_at ?? 1), label: budgetText(condition) }];
  if (condition.kind === 'absence') return [{ value: condition.window_ms / 1000, label: shownSpan(condition.window_ms) }];
  if (!hasThreshold(condition)) return [];
  const { recover_threshold: recover } = condition;
  return [
    { value: condition.threshold, label: thresholdWords(condition) },
    ...(recover === undefined || recover === condition.threshold
      ? []
      : [{ value: recover, label: `back at ${valueWords(condition, recover)}` }]),
  ];
}

/** `service checkout, host a`: the values of a group; nothing where a rule has none. */
export function groupWords(group: Readonly<Record<string, string>>): string {
  return Object.entries(group)
    .map(([field, value]) => `${field} ${value === '' ? '(none)' : value}`)
    .join(', ');
}
