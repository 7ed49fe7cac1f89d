/** The form of a panel, beside the dashboard that shows at once what it makes. */
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { call } from '../../api/client.ts';
import { Field, Select } from '../../design/field.tsx';
import { Panel as SidePanel } from '../../design/panel.tsx';
import { tryParse } from '../../query-editor/edit-filters.ts';
import { CommaField } from '../../design/comma-field.tsx';
import { metricParts, metricText, panelKinds, panelWidths, units } from './dashboard.ts';
import type { Panel, PanelKind, Unit } from './dashboard.ts';
import styles from './dashboards.module.css';

const kindNames: Readonly<Record<PanelKind, string>> = {
  series: 'Lines over time',
  bars: 'Stacked bars over time',
  top: 'Top list',
  table: 'Table',
  number: 'Number',
  heat: 'Heat map',
  patterns: 'Patterns of messages',
};
const unitNames: Readonly<Record<Unit, string>> = {
  count: 'Count',
  rate: 'A second',
  share: 'Percent (of a share)',
  ms: 'Milliseconds',
  bytes: 'Bytes',
  number: 'Number',
};
const metricNames = [
  ['count', 'Lines', 'count'],
  ['rate', 'Lines a second', 'rate'],
  ['error_rate', 'Error rate', 'share'],
  ['distinct', 'Different values of', 'count'],
  ['sum', 'Sum of', 'number'],
  ['avg', 'Average of', 'number'],
  ['min', 'Smallest', 'number'],
  ['max', 'Largest', 'number'],
  ['p50', 'Median of', 'number'],
  ['p90', 'p90 of', 'number'],
  ['p95', 'p95 of', 'number'],
  ['p99', 'p99 of', 'number'],
] as const;
const withoutField = new Set(['count', 'rate', 'error_rate']);

export interface PanelEditorProps {
  readonly panel: Panel;
  readonly onChange: (changes: Partial<Panel>) => void;
  readonly onClose: () => void;
}

export function PanelEditor({ panel, onChange, onClose }: PanelEditorProps) {
  const list = useId();
  const names = useFieldNames();
  const parts = { panel, onChange, list };
  return (
    <SidePanel label="Edit panel" title="Edit panel" name="panel-editor" onClose={onClose} width={340}>
      <form className={styles.editor} onSubmit={(event) => event.preventDefault()}>
        <Field label="Title" value={panel.title} onChange={(title) => onChange({ title })} autoFocus />
        <Select
          label="Shown as"
          value={panel.kind}
          options={panelKinds.map((kind) => [kind, kindNames[kind]] as const)}
          onChange={(kind) => onChange({ kind })}
        />
        <Field
          label="Query"
          mono
          placeholder="all lines"
          value={panel.query}
          problem={tryParse(panel.query) === undefined ? 'This cannot be read as a query.' : undefined}
          onChange={(query) => onChange({ query })}
        />
        {panel.kind === 'patterns' ? null : <MeasureFields {...parts} />}
        {panel.kind === 'patterns' || panel.kind === 'number' ? null : (
          <CommaField
            label="Group by (fields, with commas between)"
            list={list}
            values={panel.groupBy}
            onChange={(groupBy) => onChange({ groupBy })}
          />
        )}
        <LookFields {...parts} />
        <datalist id={list}>
          {['$duration', '$endpoint', ...names].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </form>
    </SidePanel>
  );
}

type PartProps = Pick<PanelEditorProps, 'panel' | 'onChange'> & { readonly list: string };

function MeasureFields({ panel, onChange, list }: PartProps) {
  const { kind, field } = metricParts(panel.metric);
  const setKind = (next: string): void => {
    const unit = metricNames.find(([name]) => name === next)?.[2] ?? 'number';
    onChange({ metric: metricText({ kind: next, field: withoutField.has(next) ? '' : field || '$duration' }), unit });
  };
  return (
    <div className={styles.pair}>
      <Select label="Measure" value={kind} options={measuresWith(kind)} onChange={setKind} />
      {withoutField.has(kind) ? null : (
        <Field label="Field" mono list={list} value={field} onChange={(name) => onChange({ metric: metricText({ kind, field: name }) })} />
      )}
    </div>
  );
}

function LookFields({ panel, onChange }: PartProps) {
  return (
    <div className={styles.pair}>
      <Select
        label="Unit"
        value={panel.unit}
        options={units.map((unit) => [unit, unitNames[unit]] as const)}
        onChange={(unit) => onChange({ unit })}
      />
      <Select
        label="Width"
        value={String(panel.width)}
        options={panelWidths.map((width) => [String(width), width === 12 ? 'whole' : `${width} of 12`] as const)}
        onChange={(text) => onChange({ width: panelWidths.find((width) => String(width) === text) ?? 6 })}
      />
      <Field
        label="Groups"
        type="number"
        min={1}
        max={100}
        value={String(panel.limit)}
        onChange={(text) => onChange({ limit: Math.min(100, Math.max(1, Math.round(Number(text)) || 1)) })}
      />
    </div>
  );
}

/** A percentile that is none of the usual ones stays choosable. */
function measuresWith(kind: string): readonly (readonly [string, string])[] {
  const known = metricNames.map(([name, label]) => [name, label] as const);
  return known.some(([name]) => name === kind) ? known : [[kind, kind], ...known];
}

function useFieldNames(): readonly string[] {
  const { data } = useQuery({
    queryKey: ['field-names'],
    queryFn: ({ signal }) => call('fieldValues', { query: { limit: 200 } }, signal),
    staleTime: 300_000,
  });
  return data?.values.map(({ value }) => value) ?? [];
}
