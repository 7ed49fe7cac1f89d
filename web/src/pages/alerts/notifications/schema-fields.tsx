/** Fields for settings that a JSON Schema describes: what a type of channel needs. A secret that is kept is shown as set, never itself. */
import { useId, useState } from 'react';
import { Button } from '../../../design/button.tsx';
import { CommaField } from '../../../design/comma-field.tsx';
import { Field, Select } from '../../../design/field.tsx';
import fieldStyles from '../../../design/field.module.css';
import styles from './notifications.module.css';

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly maxLength?: number;
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly enum?: readonly unknown[];
  readonly items?: { readonly type?: string };
}

export interface SettingsSchema {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
}

export type Settings = Readonly<Record<string, unknown>>;

interface SchemaFieldsProps {
  readonly schema: SettingsSchema;
  readonly secrets: readonly string[];
  readonly settings: Settings;
  readonly onChange: (settings: Settings) => void;
  /** The server's message about a member. */
  readonly problemAt: (name: string) => string | undefined;
}

/** What the server shows in place of a secret; given back it keeps the one that it has. */
const hiddenSecret = '[secret]';

export function SchemaFields({ schema, secrets, settings, onChange, problemAt }: SchemaFieldsProps) {
  const { properties = {}, required = [] } = schema;
  const names = Object.keys(properties);
  const isFirst = (name: string): boolean => required.includes(name) || secrets.includes(name) || name in settings;
  // which fields stand first is decided once, so that none jumps while it is typed in
  const [first] = useState(() => names.filter(isFirst));
  const further = names.filter((name) => !first.includes(name));
  const set = (name: string, value: unknown): void =>
    onChange(Object.fromEntries(Object.entries({ ...settings, [name]: value }).filter(([, one]) => one !== undefined && one !== '')));
  const field = (name: string) => (
    <SchemaField
      key={name}
      name={name}
      property={properties[name]}
      isRequired={required.includes(name)}
      isSecret={secrets.includes(name)}
      value={settings[name]}
      problem={problemAt(name)}
      onChange={(value) => set(name, value)}
    />
  );
  return (
    <>
      {first.map(field)}
      {further.length === 0 ? null : (
        <details className={styles.more} open={further.some((name) => problemAt(name) !== undefined)}>
          <summary>{first.length === 0 ? 'Settings' : 'More settings'}</summary>
          {further.map(field)}
        </details>
      )}
    </>
  );
}

interface SchemaFieldProps {
  readonly name: string;
  readonly property: Property;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly value: unknown;
  readonly problem: string | undefined;
  readonly onChange: (value: unknown) => void;
}

function SchemaField(props: SchemaFieldProps) {
  const { name, property, isRequired, isSecret, value, problem, onChange } = props;
  const label = `${titleOf(name)}${isRequired ? '' : ' (optional)'}`;
  const choices = property.enum ?? property.anyOf?.flatMap(({ const: one }) => (one === undefined ? [] : [one]));
  if (isSecret && value === hiddenSecret) return <KeptSecret label={label} onReplace={() => onChange(undefined)} />;
  const shared = { label, problem, title: property.description };
  return (
    <div className={styles.setting}>
      {choices !== undefined && choices.length > 0 ? (
        <Select
          {...shared}
          value={asText(value)}
          options={[
            ['', property.default === undefined ? '–' : `${asText(property.default)} (usual)`],
            ...choices.map((one) => [asText(one), asText(one)] as const),
          ]}
          onChange={(next) => onChange(next === '' ? undefined : next)}
        />
      ) : property.type === 'array' && property.items?.type === 'string' ? (
        <CommaField
          {...shared}
          values={Array.isArray(value) ? value.map(asText) : []}
          onChange={(values) => onChange(values.length === 0 ? undefined : values)}
        />
      ) : property.type === 'object' || property.type === 'array' ? (
        <JsonField {...shared} value={value} onChange={onChange} placeholder={property.type === 'object' ? '{"Name": "value"}' : '[]'} />
      ) : (
        <PlainField {...props} label={label} />
      )}
      {property.description === undefined ? null : <p className={styles.hint}>{property.description.replaceAll('`', '')}</p>}
    </div>
  );
}

function PlainField({ property, isSecret, value, problem, onChange, label }: SchemaFieldProps & { readonly label: string }) {
  const isNumber = property.type === 'integer' || property.type === 'number';
  if ((property.maxLength ?? 0) > 10_000) return <LongField label={label} value={asText(value)} onChange={onChange} />;
  return (
    <Field
      label={label}
      mono
      type={isSecret ? 'password' : 'text'}
      autoComplete={isSecret ? 'new-password' : 'off'}
      inputMode={isNumber ? 'numeric' : undefined}
      value={asText(value)}
      problem={problem}
      onChange={(text) => onChange(isNumber && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text)}
    />
  );
}

function KeptSecret({ label, onReplace }: { readonly label: string; readonly onReplace: () => void }) {
  return (
    <div className={styles.secret}>
      <span>{label}</span>
      <b>set, not shown</b>
      <Button look="quiet" icon="edit" onClick={onReplace}>
        Replace
      </Button>
    </div>
  );
}

interface LongFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly problem?: string | undefined;
  readonly placeholder?: string;
}

function LongField({ label, value, onChange, problem, placeholder }: LongFieldProps) {
  const id = useId();
  return (
    <div className={fieldStyles.field}>
      <label className={fieldStyles.label} htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className={`${fieldStyles.input} ${fieldStyles.mono}`}
        rows={3}
        spellCheck={false}
        placeholder={placeholder}
        aria-invalid={problem !== undefined}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {problem === undefined ? null : (
        <p className={fieldStyles.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

/** What has parts, as JSON. */
function JsonField({
  value,
  onChange,
  problem,
  ...rest
}: Omit<LongFieldProps, 'value' | 'onChange'> & { readonly value: unknown; readonly onChange: (value: unknown) => void }) {
  const [typed, setTyped] = useState(() => (value === undefined ? '' : JSON.stringify(value)));
  const [isWrong, setWrong] = useState(false);
  return (
    <LongField
      {...rest}
      value={typed}
      problem={isWrong ? 'This is no JSON yet.' : problem}
      onChange={(text) => {
        setTyped(text);
        try {
          const next: unknown = text.trim() === '' ? undefined : JSON.parse(text);
          setWrong(false);
          onChange(next);
        } catch {
          setWrong(true);
        }
      }}
    />
  );
}

function asText(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** `webhook_url` → `Webhook URL` */
function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ').replaceAll(/\b(url|api|ca)\b/g, (word) => word.toUpperCase());
  return words[0].toUpperCase() + words.slice(1);
}
