/** Who is told besides, while nobody acknowledges: steps in order of time. */
import type { EscalationStep } from '../../../api/operations.ts';
import { Button, IconButton } from '../../../design/button.tsx';
import styles from '../alerts-page.module.css';
import { SpanField } from '../rules/sentence-fields.tsx';
import own from './notifications.module.css';
import { ChannelChoice } from './channel-choice.tsx';

interface EscalationFieldsProps {
  readonly steps: readonly EscalationStep[];
  readonly channels: readonly string[];
  readonly onChange: (steps: readonly EscalationStep[]) => void;
}

const usualAfterMs = 900_000;

export function EscalationFields({ steps, channels, onChange }: EscalationFieldsProps) {
  return (
    <div className={own.windows}>
      <p className={styles.legend}>While nobody acknowledges</p>
      {steps.map((step, index) => (
        <div key={index} className={own.tell}>
          after
          <SpanField
            label="After"
            path="after_ms"
            value={step.after_ms}
            onChange={(ms) => onChange(steps.with(index, { ...step, after_ms: ms ?? usualAfterMs }))}
          />
          <ChannelChoice
            label="tell"
            chosen={step.channels}
            channels={channels}
            none="nobody yet"
            onChange={(next) => onChange(steps.with(index, { ...step, channels: next }))}
          />
          <IconButton icon="close" label="Remove this step" onClick={() => onChange(steps.toSpliced(index, 1))} />
        </div>
      ))}
      <Button
        look="quiet"
        icon="plus"
        onClick={() => onChange([...steps, { after_ms: (steps.at(-1)?.after_ms ?? 0) + usualAfterMs, channels: [] }])}
      >
        Escalation step
      </Button>
    </div>
  );
}
