/** The condition of a rule: one sentence, or several that hold together. */
import { isCombined } from '../../../alerts/rule-model.ts';
import type { ConditionKind } from '../../../alerts/rule-model.ts';
import type { CombinedCondition, Condition, SimpleCondition } from '../../../api/operations.ts';
import { Button, IconButton } from '../../../design/button.tsx';
import { kindNames, ofKind } from './condition-defaults.ts';
import { KindFields } from './kind-fields.tsx';
import styles from './rules.module.css';
import { Choice, QueryField, Sentence } from './sentence-fields.tsx';

interface ConditionFieldsProps {
  readonly condition: Condition;
  readonly onChange: (condition: Condition) => void;
  readonly names: readonly string[];
}

const mostConditions = 10;

export function ConditionFields({ condition, onChange, names }: ConditionFieldsProps) {
  if (!isCombined(condition)) {
    return (
      <>
        <OneCondition condition={condition} path="condition" onChange={onChange} names={names} />
        <Button look="quiet" icon="plus" onClick={() => onChange({ kind: 'all', conditions: [condition, ofKind('ratio')] })}>
          And another condition
        </Button>
      </>
    );
  }
  return <Combined condition={condition} onChange={onChange} names={names} />;
}

function Combined({ condition, onChange, names }: ConditionFieldsProps & { readonly condition: CombinedCondition }) {
  const { kind, conditions } = condition;
  const set = (next: readonly SimpleCondition[]): void => onChange(next.length === 1 ? next[0] : { kind, conditions: next });
  return (
    <>
      <Sentence path="condition" shown={conditions.flatMap((_, index) => [`conditions.${index}`])}>
        <Choice
          label="Joined by"
          path="condition.kind"
          value={kind}
          options={[
            ['all', 'all'],
            ['any', 'any'],
          ]}
          onChange={(next) => onChange({ kind: next, conditions })}
        />
        of these are met, for the same group:
      </Sentence>
      <ol className={styles.conditions}>
        {conditions.map((one, index) => (
          <li key={index}>
            <OneCondition
              condition={one}
              path={`condition.conditions.${index}`}
              onChange={(next) => set(conditions.with(index, next))}
              names={names}
              onRemove={() => set(conditions.toSpliced(index, 1))}
              withFilter
            />
          </li>
        ))}
      </ol>
      <Button
        look="quiet"
        icon="plus"
        disabled={conditions.length >= mostConditions}
        onClick={() => onChange({ kind, conditions: [...conditions, ofKind('count')] })}
      >
        Another condition
      </Button>
    </>
  );
}

interface OneConditionProps {
  readonly condition: SimpleCondition;
  readonly path: string;
  readonly onChange: (condition: SimpleCondition) => void;
  readonly names: readonly string[];
  readonly onRemove?: () => void;
  readonly withFilter?: boolean;
}

function OneCondition({ condition, path, onChange, names, onRemove, withFilter = false }: OneConditionProps) {
  const change = (changes: Partial<Record<string, unknown>>): void => {
    const next = Object.entries({ ...condition, ...changes }).filter(([, value]) => value !== undefined);
    onChange(Object.fromEntries(next) as unknown as SimpleCondition);
  };
  return (
    <div className={styles.condition}>
      <Sentence path={path} shown={['filter', 'part', 'first', 'then']}>
        <Choice<ConditionKind>
          label="Kind of condition"
          path={`${path}.kind`}
          value={condition.kind}
          options={kindNames}
          onChange={(kind) => onChange(ofKind(kind, condition))}
        />
        <KindFields condition={condition} change={change} path={path} names={names} />
        {onRemove === undefined ? null : <IconButton icon="trash" label="Remove this condition" onClick={onRemove} />}
      </Sentence>
      {withFilter || condition.filter !== undefined ? (
        <div className={styles.sentence}>
          of lines that match
          <QueryField
            label="Lines of this condition"
            path={`${path}.filter`}
            placeholder="all lines of the rule"
            value={condition.filter ?? ''}
            onChange={(filter) => change({ filter: filter === '' ? undefined : filter })}
          />
        </div>
      ) : null}
    </div>
  );
}
