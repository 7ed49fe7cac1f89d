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

function Threshold({ condition, change, path, scale, unit = '' }: KindProps<ThresholdCondition> & { scale?: number; unit?: string }) {
  return (
    <>
      is
      <Choice
        label="Compared"
        path={`${path}.operator`}
        value={condition.operator}
        options={operators}
        onChange={(operator) => change({ operator })}
      />
      <NumberField
        label="Threshold"
        path={`${path}.threshold`}
        value={condition.threshold}
        scale={scale}
        unit={unit}
        onChange={(threshold) => change({ threshold })}
      />
    </>
  );
}

/** When a firing rule is well again, where that is not the threshold itself. */
function Recover({ condition, change, path, scale, unit = '' }: KindProps<ThresholdCondition> & { scale?: number; unit?: string }) {
  return (
    <>
      and recovers at
      <NumberField
        label="Recovers at"
        path={`${path}.recover_threshold`}
        value={condition.recover_threshold}
        placeholder="the same"
        scale={scale}
        unit={unit}
        onChange={(recover) => change({ recover_threshold: recover })}
      />
    </>
  );
}

function Window({
  condition,
  change,
  path,
  label = 'Window',
}: KindProps<Extract<SimpleCondition, { window_ms: number }>> & { label?: string }) {
  return <SpanField label={label} path={`${path}.window_ms`} value={condition.window_ms} onChange={(ms) => change({ window_ms: ms })} />;
}

function Minimum({ condition, change, path }: KindProps<Extract<SimpleCondition, { minimum_lines?: number }>>) {
  return (
    <>
      with at least
      <NumberField
        label="Lines at least"
        path={`${path}.minimum_lines`}
        value={condition.minimum_lines}
        placeholder="any"
        unit="lines"
        onChange={(lines) => change({ minimum_lines: lines })}
      />
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
      <QueryField
        label="Lines that are counted"
        path={`${props.path}.part`}
        placeholder="level>=ERROR"
        value={props.condition.part}
        onChange={(part) => props.change({ part })}
      />
      over <Window {...props} /> <Threshold {...props} scale={100} unit="%" />
      <Recover {...props} scale={100} unit="%" />
      <Minimum {...props} />
    </>
  ),
  change: ({ condition, change, path, ...rest }) => {
    const props = { condition, change, path, ...rest };
    const isPercent = condition.measure === 'percent';
    return (
      <>
        in <Window {...props} /> against
        <Choice
          label="Against"
          path={`${path}.against`}
          value={condition.against}
          options={Object.entries(againstWords) as [typeof condition.against, string][]}
          onChange={(against) => change({ against })}
        />
        in
        <Choice
          label="Measured in"
          path={`${path}.measure`}
          value={condition.measure}
          options={[
            ['percent', 'percent'],
            ['difference', 'lines'],
          ]}
          onChange={(measure) => change({ measure })}
        />
        <Threshold {...props} unit={isPercent ? '%' : ''} />
        <Recover {...props} unit={isPercent ? '%' : ''} />
        <Minimum {...props} />
      </>
    );
  },
  metric: ({ condition, change, path, names }) => {
    const props = { condition, change, path, names };
    return (
      <>
        <Choice
          label="Figure"
          path={`${path}.aggregate`}
          value={condition.aggregate}
          options={aggregates}
          onChange={(aggregate) => change({ aggregate })}
        />
        of
        <NameField
          label="Field with the figures"
          path={`${path}.attribute`}
          value={condition.attribute}
          names={names}
          onChange={(attribute) => change({ attribute })}
        />
        over <Window {...props} /> <Threshold {...props} />
        <Recover {...props} />
        <Minimum {...props} />
      </>
    );
  },
  absence: (props) => (
    <>
      for <Window {...props} label="Longest silence" />
    </>
  ),
  silent_source: ({ condition, change, path }) => (
    <>
      a
      <Choice
        label="Source"
        path={`${path}.source`}
        value={condition.source}
        options={[
          ['host', 'host'],
          ['service', 'service'],
        ]}
        onChange={(source) => change({ source })}
      />
      that used to send has stopped for
      <NumberField
        label="Times its usual pause"
        path={`${path}.factor`}
        value={condition.factor}
        placeholder="5"
        onChange={(factor) => change({ factor })}
      />
      of its longest usual pauses, and at least
      <SpanField
        label="Never silent before"
        path={`${path}.minimum_silence_ms`}
        value={condition.minimum_silence_ms}
        placeholder="no least"
        onChange={(ms) => change({ minimum_silence_ms: ms })}
      />
      and is taken as out of service after
      <SpanField
        label="Forgotten after"
        path={`${path}.forget_after_ms`}
        value={condition.forget_after_ms}
        placeholder="usual"
        onChange={(ms) => change({ forget_after_ms: ms })}
      />
      where one that sent for less than
      <SpanField
        label="Learned for"
        path={`${path}.learn_ms`}
        value={condition.learn_ms}
        placeholder="usual"
        onChange={(ms) => change({ learn_ms: ms })}
      />
      is not missed
    </>
  ),
  sequence: ({ condition, change, path, names }) => {
    const props = { condition, change, path, names };
    return (
      <>
        first
        <QueryField
          label="First line"
          path={`${path}.first`}
          placeholder="what begins it"
          value={condition.first}
          onChange={(first) => change({ first })}
        />
        then
        <QueryField
          label="Line that follows"
          path={`${path}.then`}
          placeholder="what must follow"
          value={condition.then}
          onChange={(then) => change({ then })}
        />
        with the same
        <NameField
          label="Field that both share"
          path={`${path}.key`}
          value={condition.key}
          names={names}
          onChange={(key) => change({ key })}
        />
        within
        <SpanField
          label="Longest time between"
          path={`${path}.within_ms`}
          value={condition.within_ms}
          onChange={(ms) => change({ within_ms: ms })}
        />
        where
        <Choice
          label="Expected"
          path={`${path}.expect`}
          value={condition.expect}
          options={[
            ['missing', 'the second is missing'],
            ['both', 'both came'],
          ]}
          onChange={(expect) => change({ expect })}
        />
        and their number in <Window {...props} /> <Threshold {...props} />
      </>
    );
  },
  new_pattern: ({ condition, change, path, names }) => (
    <>
      of messages, never seen before in its service, within <Window {...{ condition, change, path, names }} /> where a service that is first
      seen is learned for
      <SpanField
        label="Learned for"
        path={`${path}.learn_ms`}
        value={condition.learn_ms}
        placeholder="usual"
        onChange={(ms) => change({ learn_ms: ms })}
      />
    </>
  ),
  budget: ({ condition, change, path }) => (
    <>
      <Choice
        label="Unit"
        path={`${path}.unit`}
        value={condition.unit}
        options={[
          ['bytes', 'bytes'],
          ['lines', 'lines'],
        ]}
        onChange={(unit) => change({ unit })}
      />
      of a full
      <Choice
        label="Period"
        path={`${path}.period`}
        value={condition.period}
        options={[
          ['day', 'day'],
          ['hour', 'hour'],
        ]}
        onChange={(period) => change({ period })}
      />
      (UTC) reach
      <NumberField
        label="Share of the budget, percent"
        path={`${path}.warn_at`}
        value={condition.warn_at}
        placeholder="100"
        scale={100}
        onChange={(share) => change({ warn_at: share })}
      />
      % of
      <NumberField
        label="Budget"
        path={`${path}.threshold`}
        value={condition.threshold}
        wide
        onChange={(threshold) => change({ threshold })}
      />
    </>
  ),
  anomaly: ({ condition, change, path }) => (
    <>
      of
      <Choice
        label="Signal"
        path={`${path}.signal`}
        value={condition.signal}
        options={[
          ['volume', 'volume'],
          ['warn', 'warnings'],
          ['forest', 'behaviour as a whole'],
        ]}
        onChange={(signal) => change({ signal })}
      />
      of a service, unlike its own past:
      <Choice
        label="Direction"
        path={`${path}.direction`}
        value={condition.direction ?? 'both'}
        options={[
          ['both', 'drops and spikes'],
          ['drop', 'drops'],
          ['spike', 'spikes'],
        ]}
        onChange={(direction) => change({ direction })}
      />
      with
      <Choice
        label="Sensitivity"
        path={`${path}.sensitivity`}
        value={condition.sensitivity ?? 'medium'}
        options={[
          ['low', 'low'],
          ['medium', 'medium'],
          ['high', 'high'],
        ]}
        onChange={(sensitivity) => change({ sensitivity })}
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
