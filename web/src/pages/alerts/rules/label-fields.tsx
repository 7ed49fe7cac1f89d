/** Labels, typed as `team=payments, tier=1`. What is typed stays as it is typed while it means the labels. */
import { useState } from 'react';
import { Field } from '../../../design/field.tsx';

interface LabelFieldsProps {
  readonly labels: Readonly<Record<string, string>>;
  readonly onChange: (labels: Readonly<Record<string, string>>) => void;
  readonly label?: string;
  readonly problem?: string | undefined;
}

export function LabelFields({ labels, onChange, label = 'Labels, for routing and silences', problem }: LabelFieldsProps) {
  const [typed, setTyped] = useState(() => textOf(labels));
  const text = textOf(labelsOf(typed)) === textOf(labels) ? typed : textOf(labels);
  return (
    <Field
      label={label}
      mono
      placeholder="team=payments, tier=1"
      value={text}
      problem={problem}
      onChange={(next) => {
        setTyped(next);
        onChange(labelsOf(next));
      }}
    />
  );
}

function textOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

/** What has no `=` is not a label yet. Pure. */
function labelsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(',').flatMap((one) => {
      const at = one.indexOf('=');
      return at <= 0 ? [] : [[one.slice(0, at).trim(), one.slice(at + 1).trim()] as const];
    }),
  );
}
