/** Causes that hide their effects: while the cause is firing, nobody is told of what matches as its effect. */
import type { Inhibition } from '../../../api/operations.ts';
import { Button, IconButton } from '../../../design/button.tsx';
import { CommaField } from '../../../design/comma-field.tsx';
import styles from '../alerts-page.module.css';
import { MatcherFields } from './matcher-fields.tsx';
import own from './notifications.module.css';

interface InhibitionFieldsProps {
  readonly inhibitions: readonly Inhibition[];
  readonly onChange: (inhibitions: readonly Inhibition[]) => void;
}

export function InhibitionFields({ inhibitions, onChange }: InhibitionFieldsProps) {
  return (
    <div className={styles.form}>
      {inhibitions.map((one, index) => {
        const set = (changes: Partial<Inhibition>): void => onChange(inhibitions.with(index, { ...one, ...changes }));
        return (
          <div key={index} className={own.route}>
            <div className={own.routeHead}>
              <b>While this is firing</b>
              <span className={own.reason} />
              <IconButton icon="trash" label="Remove this inhibition" onClick={() => onChange(inhibitions.toSpliced(index, 1))} />
            </div>
            <MatcherFields matchers={one.source} onChange={(source) => set({ source })} none="Anything." />
            <b>nobody is told of this</b>
            <MatcherFields matchers={one.target} onChange={(target) => set({ target })} none="Anything." />
            <CommaField
              label="where these labels are alike"
              placeholder="service, environment"
              values={one.equal ?? []}
              onChange={(equal) => set({ equal: equal.length === 0 ? undefined : equal })}
            />
          </div>
        );
      })}
      <div>
        <Button
          look="quiet"
          icon="plus"
          onClick={() =>
            onChange([
              ...inhibitions,
              { source: [{ label: 'severity', value: 'critical' }], target: [{ label: 'severity', value: 'warning' }], equal: ['service'] },
            ])
          }
        >
          Inhibition
        </Button>
      </div>
    </div>
  );
}
