/** A channel: its type, what the type needs, and how its messages are. */
import { useState } from 'react';
import { ApiProblem } from '../../../api/problem.ts';
import { toast } from '../../../app/toasts.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog } from '../../../design/dialog.tsx';
import { Field, Select, Toggle } from '../../../design/field.tsx';
import pageStyles from '../alerts-page.module.css';
import { SchemaFields } from './schema-fields.tsx';
import type { Settings, SettingsSchema } from './schema-fields.tsx';
import { useSaveChannel } from './use-notifications.ts';
import type { ChannelType, KeptChannel } from './use-notifications.ts';

interface ChannelDialogProps {
  /** Undefined: a new one. */
  readonly kept: KeptChannel | undefined;
  readonly types: readonly ChannelType[];
  readonly taken: readonly string[];
  readonly onClose: () => void;
  readonly onSaved: (name: string) => void;
}

export function ChannelDialog({ kept, types, taken, onClose, onSaved }: ChannelDialogProps) {
  const [name, setName] = useState(kept?.name ?? '');
  const [type, setType] = useState(kept?.type ?? 'webhook');
  const [settings, setSettings] = useState<Settings>(kept?.settings ?? {});
  const [isOn, setOn] = useState(kept?.enabled !== false);
  const [texts, setTexts] = useState({ description: kept?.description ?? '', title: kept?.title ?? '', text: kept?.text ?? '' });
  const save = useSaveChannel();
  const known = types.find((one) => one.type === type);
  const isTaken = kept === undefined && taken.includes(name.trim());
  const problem = save.error;
  const field = problem instanceof ApiProblem && typeof problem.details['field'] === 'string' ? problem.details['field'] : undefined;
  const isOfField = (member: string): boolean =>
    field !== undefined && [member, `settings.${member}`].some((one) => field === one || field.startsWith(`${one}.`));
  const problemAt = (member: string): string | undefined => (isOfField(member) ? problem?.message : undefined);
  const isShownAtField =
    Object.keys((known?.settings as SettingsSchema | undefined)?.properties ?? {}).some(isOfField) || ['title', 'text'].some(isOfField);
  const submit = (): void => {
    const said = Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== ''));
    const samples = kept?.sample_lines === undefined ? {} : { sample_lines: kept.sample_lines };
    save.mutate(
      { name: name.trim(), body: { type, settings, enabled: isOn, ...said, ...samples, version: kept?.version ?? 0 } },
      {
        onSuccess: () => {
          toast('Channel saved.');
          onSaved(name.trim());
        },
      },
    );
  };
  return (
    <Dialog
      title={kept === undefined ? 'New channel' : `Channel ${kept.name}`}
      onClose={onClose}
      footer={
        <Button look="primary" type="submit" form="channel" disabled={name.trim() === '' || isTaken || save.isPending}>
          Save
        </Button>
      }
    >
      <form
        id="channel"
        className={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className={pageStyles.pair}>
          {kept === undefined ? (
            <Field
              label="Name"
              mono
              value={name}
              onChange={setName}
              problem={isTaken ? 'There is a channel of this name already.' : problemAt('name')}
            />
          ) : null}
          <Select
            label="Type"
            value={type}
            disabled={kept !== undefined}
            options={types.map((one) => [one.type, one.title] as const)}
            onChange={(next) => {
              setType(next);
              setSettings({});
            }}
          />
        </div>
        {known === undefined ? null : (
          <SchemaFields
            key={type}
            schema={known.settings as SettingsSchema}
            secrets={known.secrets}
            settings={settings}
            onChange={setSettings}
            problemAt={problemAt}
          />
        )}
        <Field label="Description" value={texts.description} onChange={(description) => setTexts({ ...texts, description })} />
        <details>
          <summary className={pageStyles.legend}>Own words: templates for title and text</summary>
          <div className={pageStyles.form}>
            <Field
              label="Title"
              mono
              placeholder="{{group.service}} {{value}}"
              value={texts.title}
              problem={problemAt('title')}
              onChange={(title) => setTexts({ ...texts, title })}
            />
            <Field label="Text" mono value={texts.text} problem={problemAt('text')} onChange={(text) => setTexts({ ...texts, text })} />
          </div>
        </details>
        <Toggle checked={isOn} onChange={setOn}>
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
