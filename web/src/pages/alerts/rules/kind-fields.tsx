/** Each kind of condition as a sentence with fields in it. */
import type { ReactNode } from 'react';
import { againstWords } from '../../../alerts/condition-words.ts';
import type { ConditionKind, ConditionOf, ThresholdCondition } from '../../../alerts/rule-model.ts';
import type { SimpleCondition } from '../../../api/operations.ts';
import { Choice, NameField, NumberField, QueryField, SpanField } from './sentence-fields.tsx';

export interface KindProps<C extends SimpleCondition> {
  readonly condition: C;
  /** `undefined` takes a member away. */
  readonly change: (changes: Partial<Record<string, unknown>>) => void;
  /** Member of the rule: `condition`, `condition.conditions.0`. */
  readonly path: string;
  /** Fields of the lines. */
  readonly names: readonly string[];
}

/** What a field of one member has: its place, its value and its change. */
function member<C extends SimpleCondition, K extends keyof C & string>({ condition, change, path }: KindProps<C>, name: K) {
  return { path: `${path}.${name}`, value: condition[name], onChange: (value: C[K] | undefined) => change({ [name]: value }) };
}

const operators = [
  ['>', 'above'],
  ['>=', 'at least'],
  ['<', 'below'],
  ['<=', 'at most'],
  ['=', 'exactly'],
] as const;
const aggregates = ['avg', 'sum', 'min', 'max', 'distinct', 'p50', 'p75', 'p90', 'p95', 'p99', 'p99.9'].map(
  (one) => [one, { avg: 'average', min: 'smallest', max: 'largest', distinct: 'different values', p50: 'median' }[one] ?? one] as const,
);

function Threshold({ scale, unit = '', ...props }: KindProps<ThresholdCondition> & { scale?: number; unit?: string }) {
  return (
    <>
      is
      <Choice label="Compared" {...member(props, 'operator')} options={operators} />
      <NumberField label="Threshold" {...member(props, 'threshold')} scale={scale} unit={unit} />
    </>
  );
}

/** When a firing rule is well again, where that is not the threshold itself. */
function Recover({ scale, unit = '', ...props }: KindProps<ThresholdCondition> & { scale?: number; unit?: string }) {
  return (
    <>
      and recovers at
      <NumberField label="Recovers at" {...member(props, 'recover_threshold')} placeholder="the same" scale={scale} unit={unit} />
    </>
  );
}

function Window({ label = 'Window', ...props }: KindProps<Extract<SimpleCondition, { window_ms: number }>> & { label?: string }) {
  return <SpanField label={label} {...member(props, 'window_ms')} />;
}

function Minimum(props: KindProps<Extract<SimpleCondition, { minimum_lines?: number }>>) {
  return (
    <>
      with at least
      <NumberField label="Lines at least" {...member(props, 'minimum_lines')} placeholder="any" unit="lines" />
    </>
  );
}

type Fields = { readonly [K in ConditionKind]: (props: KindProps<ConditionOf<K>>) => ReactNode };

const fields: Fields = {
  count: (props) => (
    <>
      in <Window {...props} /> <Threshold {...props} />
      <Recover {...props} />
    </>
  ),
  rate: (props) => (
    <>
      over <Window {...props} /> <Threshold {...props} unit="a second" />
      <Recover {...props} />
    </>
  ),
  ratio: (props) => (
    <>
      that match
      <QueryField label="Lines that are counted" {...member(props, 'part')} placeholder="level>=ERROR" />
      over <Window {...props} /> <Threshold {...props} scale={100} unit="%" />
      <Recover {...props} scale={100} unit="%" />
      <Minimum {...props} />
    </>
  ),
  change: (props) => {
    const isPercent = props.condition.measure === 'percent';
    return (
      <>
        in <Window {...props} /> against
        <Choice
          label="Against"
          {...member(props, 'against')}
          options={Object.entries(againstWords) as [ConditionOf<'change'>['against'], string][]}
        />
        in
        <Choice
          label="Measured in"
          {...member(props, 'measure')}
          options={[
            ['percent', 'percent'],
            ['difference', 'lines'],
          ]}
        />
        <Threshold {...props} unit={isPercent ? '%' : ''} />
        <Recover {...props} unit={isPercent ? '%' : ''} />
        <Minimum {...props} />
      </>
    );
  },
  metric: (props) => (
    <>
      <Choice label="Figure" {...member(props, 'aggregate')} options={aggregates} />
      of
      <NameField label="Field with the figures" {...member(props, 'attribute')} names={props.names} />
      over <Window {...props} /> <Threshold {...props} />
      <Recover {...props} />
      <Minimum {...props} />
    </>
  ),
  absence: (props) => (
    <>
      for <Window {...props} label="Longest silence" />
    </>
  ),
  silent_source: (props) => (
    <>
      a
      <Choice
        label="Source"
        {...member(props, 'source')}
        options={[
          ['host', 'host'],
          ['service', 'service'],
        ]}
      />
      that used to send has stopped for
      <NumberField label="Times its usual pause" {...member(props, 'factor')} placeholder="5" />
      of its longest usual pauses, and at least
      <SpanField label="Never silent before" {...member(props, 'minimum_silence_ms')} placeholder="no least" />
      and is taken as out of service after
      <SpanField label="Forgotten after" {...member(props, 'forget_after_ms')} placeholder="usual" />
      where one that sent for less than
      <SpanField label="Learned for" {...member(props, 'learn_ms')} placeholder="usual" />
      is not missed
    </>
  ),
  sequence: (props) => (
    <>
      first
      <QueryField label="First line" {...member(props, 'first')} placeholder="what begins it" />
      then
      <QueryField label="Line that follows" {...member(props, 'then')} placeholder="what must follow" />
      with the same
      <NameField label="Field that both share" {...member(props, 'key')} names={props.names} />
      within
      <SpanField label="Longest time between" {...member(props, 'within_ms')} />
      where
      <Choice
        label="Expected"
        {...member(props, 'expect')}
        options={[
          ['missing', 'the second is missing'],
          ['both', 'both came'],
        ]}
      />
      and their number in <Window {...props} /> <Threshold {...props} />
    </>
  ),
  new_pattern: (props) => (
    <>
      of messages, never seen before in its service, within <Window {...props} /> where a service that is first seen is learned for
      <SpanField label="Learned for" {...member(props, 'learn_ms')} placeholder="usual" />
    </>
  ),
  budget: (props) => (
    <>
      <Choice
        label="Unit"
        {...member(props, 'unit')}
        options={[
          ['bytes', 'bytes'],
          ['lines', 'lines'],
        ]}
      />
      of a full
      <Choice
        label="Period"
        {...member(props, 'period')}
        options={[
          ['day', 'day'],
          ['hour', 'hour'],
        ]}
      />
      (UTC) reach
      <NumberField label="Share of the budget, percent" {...member(props, 'warn_at')} placeholder="100" scale={100} />% of
      <NumberField label="Budget" {...member(props, 'threshold')} wide />
    </>
  ),
  anomaly: (props) => (
    <>
      of
      <Choice
        label="Signal"
        {...member(props, 'signal')}
        options={[
          ['volume', 'volume'],
          ['warn', 'warnings'],
          ['forest', 'behaviour as a whole'],
        ]}
      />
      of a service, unlike its own past:
      <Choice
        label="Direction"
        {...member(props, 'direction')}
        value={props.condition.direction ?? 'both'}
        options={[
          ['both', 'drops and spikes'],
          ['drop', 'drops'],
          ['spike', 'spikes'],
        ]}
      />
      with
      <Choice
        label="Sensitivity"
        {...member(props, 'sensitivity')}
        value={props.condition.sensitivity ?? 'medium'}
        options={[
          ['low', 'low'],
          ['medium', 'medium'],
          ['high', 'high'],
        ]}
      />
      sensitivity
    </>
  ),
};

/** What stands behind the kind's name in the sentence. */
export function KindFields(props: KindProps<SimpleCondition>): ReactNode {
  const Fields = fields[props.condition.kind] as (props: KindProps<SimpleCondition>) => ReactNode;
  return <Fields {...props} />;
}
