/** A line in full: its message, then its fields, each with what can be asked of it. */
import { useState } from 'react';
import { shownSpan } from '#base/shown-times.ts';
import { Button, IconButton } from '../design/button.tsx';
import { showBytes } from '../design/figures.ts';
import { MenuButton } from '../design/menu.tsx';
import { useNarrow } from '../design/use-narrow.ts';
import { fieldMenu } from '../fields-rail/field-menu.ts';
import type { FieldActions } from '../fields-rail/field-menu.ts';
import { valueText } from '../log-list/exact-json.ts';
import { fieldsOf } from '../log-list/line-fields.ts';
import type { LineField, LogLine } from '../log-list/line-fields.ts';
import { MessageText } from '../log-list/message-text.tsx';
import { toVisibleText } from '../log-list/visible-text.ts';
import { showTimestamp } from '../time-range/show-time.ts';
import type { LinePanelProps } from './line-panel.tsx';
import styles from './line-panel.module.css';
import { LongText } from './long-text.tsx';
import { LinesAround } from './lines-around.tsx';
import { prettyJson } from './pretty-json.ts';

export function LineView({ line, zone, marks, scope, actions }: LinePanelProps & { readonly line: LogLine }) {
  const isNarrow = useNarrow();
  return (
    <div className={styles.line}>
      <div className={styles.message}>
        <LongText text={prettyJson(line.message) ?? line.message} marks={marks} />
      </div>
      <div className={styles.tools}>
        <Button look="quiet" icon="copy" onClick={() => actions.copy(JSON.stringify(line, undefined, 2), 'JSON')}>
          JSON
        </Button>
        <Button look="quiet" icon="copy" onClick={() => actions.copy(line.raw ?? line.message, 'Message')}>
          Message
        </Button>
        <Button look="quiet" icon="link" onClick={() => actions.copyLink(line)}>
          Link
        </Button>
      </div>
      <table className={styles.fields}>
        <caption className={styles.unseen}>Fields of the line</caption>
        <tbody>
          {fieldsOf(line).map((field) => (
            <FieldRow key={`${field.source} ${field.name} ${valueText(field.value)}`} field={field} actions={actions} />
          ))}
        </tbody>
      </table>
      {isNarrow ? <LinesAround line={line} zone={zone} marks={marks} scope={scope} actions={actions} /> : null}
      <dl className={styles.facts}>
        <Fact name="received" value={`${showTimestamp(line.receive_ts, zone)}${delay(line)}`} />
        {line.sample_rate === undefined ? null : (
          <Fact name="sampled" value={`one of ${Math.round(1 / line.sample_rate)} such lines was kept`} />
        )}
        <Fact name="id" value={line.id} />
      </dl>
      {line.raw === undefined || line.raw === line.message ? null : (
        <details className={styles.raw}>
          <summary>As it was sent ({showBytes(line.raw.length)})</summary>
          <LongText text={line.raw} marks={[]} />
        </details>
      )}
    </div>
  );
}

function delay({ timestamp, receive_ts: received }: LogLine): string {
  const ms = Date.parse(received) - Date.parse(timestamp);
  if (!(Math.abs(ms) >= 1000)) return '';
  return ms > 0 ? `, ${shownSpan(ms)} after its time` : `, ${shownSpan(-ms)} before its time`;
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** What of a value is shown at once. */
const shownChars = 2000;

function FieldRow({ field: { name, source, value }, actions }: { readonly field: LineField; readonly actions: FieldActions }) {
  const [all, setAll] = useState(false);
  const text = valueText(value);
  const pretty = typeof value === 'object' && value !== null ? (prettyJson(text) ?? text) : text;
  const shown = all ? pretty : pretty.slice(0, shownChars);
  const filter = { field: name, value: text };
  return (
    <tr data-source={source}>
      <th scope="row" title={source === 'resource' ? 'of the resource' : undefined}>
        <bdi>{toVisibleText(name)}</bdi>
      </th>
      <td>
        <bdi dir="ltr" className={styles.value}>
          <MessageText text={shown} />
        </bdi>
        {shown.length < pretty.length ? (
          <Button look="quiet" onClick={() => setAll(true)}>
            Show all ({showBytes(pretty.length)})
          </Button>
        ) : null}
      </td>
      <td className={styles.signs}>
        <IconButton icon="plus" label={`Only ${name} ${text.slice(0, 60)}`} onClick={() => actions.filter(filter, 'only')} />
        <IconButton icon="minus" label={`Exclude ${name} ${text.slice(0, 60)}`} onClick={() => actions.filter(filter, 'exclude')} />
        <MenuButton look="quiet" label={`Actions for ${name}`} align="end" entries={() => fieldMenu(filter, actions)} />
      </td>
    </tr>
  );
}
