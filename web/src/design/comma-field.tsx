/** A field for several names with commas between. What is typed stays as it is typed; what it means is told with each change. */
import { useState } from 'react';
import { Field } from './field.tsx';
import type { FieldProps } from './field.tsx';

export interface CommaFieldProps extends Omit<FieldProps, 'value' | 'onChange' | 'mono'> {
  readonly values: readonly string[];
  readonly onChange: (values: readonly string[]) => void;
}

export function CommaField({ values, onChange, ...field }: CommaFieldProps) {
  const [typed, setTyped] = useState(() => values.join(', '));
  // another set of values came from elsewhere
  const text = valuesOf(typed).join() === values.join() ? typed : values.join(', ');
  const change = (next: string): void => {
    setTyped(next);
    onChange(valuesOf(next));
  };
  return <Field {...field} mono value={text} onChange={change} />;
}

function valuesOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
