/** A channel: its type, what the type needs, and how its messages are. */
import { useState } from 'react';
import { ApiProblem } from '../../../api/problem.ts';
import type { ChannelType, KeptChannel } from '../../../api/operations.ts';
import { toast } from '../../../app/toasts.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog } from '../../../design/dialog.tsx';
import { Field, Select, Toggle } from '../../../design/field.tsx';
import pageStyles from '../alerts-page.module.css';
import { SchemaFields } from './schema-fields.tsx';
import type { Settings, SettingsSchema } from './schema-fields.tsx';
import { useSaveChannel } from './use-notifications.ts';

interface ChannelDialogProps {
  /** Undefined: a new one. */
  readonly kept: KeptChannel | undefined;
  readonly types: readonly ChannelType[];
  readonly taken: readonly string[];
  readonly onClose: () => void;
  readonly onSaved: (name: string) => void;
}

export function ChannelDialog({ kept, types, taken, onClose, onSaved }: ChannelDialogProps) {
  const form = useChannelForm(kept, onSaved);
  const { name, type, settings, isOn, problem, problemAt } = form;
  const known = types.find((one) => one.type === type);
  const schema = (known?.settings ?? {}) as SettingsSchema;
  const isTaken = kept === undefined && taken.includes(name.trim());
  const isShownAtField = ['name', 'title', 'text', ...Object.keys(schema.properties ?? {})].some(
    (member) => problemAt(member) !== undefined,
  );
  return (
    <Dialog
      title={kept === undefined ? 'New channel' : `Channel ${kept.name}`}
      onClose={onClose}
      footer={
        <Button look="primary" type="submit" form="channel" disabled={name.trim() === '' || isTaken || form.isSaving}>
          Save
        </Button>
      }
    >
      <form
        id="channel"
        className={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <NameFields form={form} kept={kept} types={types} isTaken={isTaken} />
        {known === undefined ? null : (
          <SchemaFields
            key={type}
            schema={schema}
            secrets={known.secrets}
            settings={settings}
            onChange={form.setSettings}
            problemAt={problemAt}
          />
        )}
        <WordsFields texts={form.texts} onChange={form.setTexts} problemAt={problemAt} />
        <Toggle checked={isOn} onChange={form.setOn}>
          Messages are sent through it
        </Toggle>
        {problem === null || isShownAtField ? null : (
          <p className={pageStyles.problem} role="alert">
            {problem.message}
          </p>
        )}
      </form>
    </Dialog>
  );
}

interface NameFieldsProps extends Pick<ChannelDialogProps, 'kept' | 'types'> {
  readonly form: ReturnType<typeof useChannelForm>;
  readonly isTaken: boolean;
}

function NameFields({ form: { name, setName, type, setType, problemAt }, kept, types, isTaken }: NameFieldsProps) {
  const problem = isTaken ? 'There is a channel of this name already.' : problemAt('name');
  const options = types.map((one) => [one.type, one.title] as const);
  return (
    <div className={pageStyles.pair}>
      {kept === undefined ? <Field label="Name" mono value={name} onChange={setName} problem={problem} /> : null}
      <Select label="Type" value={type} disabled={kept !== undefined} options={options} onChange={setType} />
    </div>
  );
}

interface Texts {
  readonly description: string;
  readonly title: string;
  readonly text: string;
}

/** What is typed, and what the server says against it. */
function useChannelForm(kept: KeptChannel | undefined, onSaved: (name: string) => void) {
  const [name, setName] = useState(kept?.name ?? '');
  const [type, setType] = useState(kept?.type ?? 'webhook');
  const [settings, setSettings] = useState<Settings>(kept?.settings ?? {});
  const [isOn, setOn] = useState(kept?.enabled !== false);
  const [texts, setTexts] = useState<Texts>({ description: kept?.description ?? '', title: kept?.title ?? '', text: kept?.text ?? '' });
  const save = useSaveChannel();
  const problem = save.error;
  const field = problem instanceof ApiProblem && typeof problem.details['field'] === 'string' ? problem.details['field'] : '';
  const submit = (): void => {
    const said = Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== ''));
    const samples = kept?.sample_lines === undefined ? {} : { sample_lines: kept.sample_lines };
    const body = { type, settings, enabled: isOn, ...said, ...samples, version: kept?.version ?? 0 };
    const onSuccess = (): void => {
      toast('Channel saved.');
      onSaved(name.trim());
    };
    save.mutate({ name: name.trim(), body }, { onSuccess });
  };
  return {
    ...{ name, setName, type, settings, setSettings, isOn, setOn, texts, setTexts, submit, problem },
    isSaving: save.isPending,
    /** Another type needs other settings. */
    setType: (next: string) => {
      setType(next);
      setSettings({});
    },
    problemAt: (member: string): string | undefined => {
      const path = field.replace(/^settings\./, '');
      return path === member || path.startsWith(`${member}.`) ? problem?.message : undefined;
    },
  };
}

interface WordsFieldsProps {
  readonly texts: Texts;
  readonly onChange: (texts: Texts) => void;
  readonly problemAt: (member: string) => string | undefined;
}

function WordsFields({ texts, onChange, problemAt }: WordsFieldsProps) {
  return (
    <>
      <Field label="Description" value={texts.description} onChange={(description) => onChange({ ...texts, description })} />
      <details>
        <summary className={pageStyles.legend}>Own words: templates for title and text</summary>
        <div className={pageStyles.form}>
          <Field
            label="Title"
            mono
            placeholder="{{group.service}} {{value}}"
            value={texts.title}
            problem={problemAt('title')}
            onChange={(title) => onChange({ ...texts, title })}
          />
          <Field label="Text" mono value={texts.text} problem={problemAt('text')} onChange={(text) => onChange({ ...texts, text })} />
        </div>
      </details>
    </>
  );
}
