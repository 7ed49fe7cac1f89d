/** One value of a field for all panels: chosen from those that its lines have, the most frequent first. */
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { Select } from '../../design/field.tsx';
import { showShortCount } from '../../design/figures.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import styles from './dashboards.module.css';

export interface VariablesBarProps {
  readonly fields: readonly string[];
  readonly chosen: Readonly<Record<string, string>>;
  readonly onChoose: (field: string, value: string) => void;
  readonly range: SettledRange;
}

export function VariablesBar({ fields, chosen, onChoose, range }: VariablesBarProps) {
  return fields.map((field) => (
    <Variable key={field} field={field} value={chosen[field] ?? ''} onChoose={(value) => onChoose(field, value)} range={range} />
  ));
}

interface VariableProps {
  readonly field: string;
  readonly value: string;
  readonly onChoose: (value: string) => void;
  readonly range: SettledRange;
}

const mostValues = 100;
/** Values are asked for anew when the range has moved by more than this. */
const stepMs = 300_000;

function Variable({ field, value, onChoose, range }: VariableProps) {
  const from = new Date(Math.floor(range.fromMs / stepMs) * stepMs).toISOString();
  const to = new Date(Math.ceil(range.toMs / stepMs) * stepMs).toISOString();
  const { data } = useQuery({
    queryKey: ['variable', field, from, to],
    queryFn: ({ signal }) => call('fieldValues', { query: { field, from, to, limit: mostValues } }, signal),
    placeholderData: (before) => before,
    staleTime: Infinity,
  });
  const values = data?.values.filter(({ value }) => value !== '') ?? [];
  const missing = value === '' || values.some((one) => one.value === value) ? [] : [[value, value] as const];
  const options = [
    ['', `any ${field}`] as const,
    ...missing,
    ...values.map(({ value, lines }) => [value, `${value} (${showShortCount(lines)})`] as const),
  ];
  return (
    <Select
      className={styles.variable}
      label={field}
      hideLabel
      value={value}
      options={options}
      onChange={onChoose}
      data-chosen={value !== ''}
    />
  );
}
