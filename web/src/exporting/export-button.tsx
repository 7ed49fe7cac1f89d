/** Takes the lines along: a press exports in the usual format, the menu behind it in another. */
import { Button } from '../design/button.tsx';
import { MenuButton } from '../design/menu.tsx';
import { isOneOf, useStored } from '../app/stored.ts';
import type { ExportFormat } from './export-task.ts';
import styles from './export-button.module.css';

interface ExportButtonProps {
  readonly disabled: boolean;
  readonly onExport: (format: ExportFormat) => void;
}

const formats: readonly (readonly [format: ExportFormat, name: string, label: string])[] = [
  ['csv', 'CSV', 'CSV: the columns shown'],
  ['ndjson', 'NDJSON', 'NDJSON: one JSON record a line'],
  ['raw', 'Text', 'Text: the lines as they were sent'],
  ['parquet', 'Parquet', 'Parquet: typed columns'],
];
const isFormat = isOneOf<ExportFormat>('csv', 'ndjson', 'raw', 'parquet');

export function ExportButton({ disabled, onExport }: ExportButtonProps) {
  const [usual, setUsual] = useStored<ExportFormat>('export.format', 'csv', isFormat);
  const name = formats.find(([format]) => format === usual)![1];
  return (
    <span className={styles.split}>
      <Button
        icon="download"
        disabled={disabled}
        title={`Export all these lines as ${name}`}
        aria-label={`Export ${name}`}
        onClick={() => onExport(usual)}
      >
        <span className={styles.name}>{name}</span>
      </Button>
      <MenuButton
        look="plain"
        icon="chevronDown"
        className={styles.other}
        label="Export as"
        align="end"
        disabled={disabled}
        entries={[
          { heading: 'All lines of this search' },
          ...formats.map(([format, , label]) => ({
            label,
            checked: format === usual,
            run: () => {
              setUsual(format);
              onExport(format);
            },
          })),
        ]}
      />
    </span>
  );
}
