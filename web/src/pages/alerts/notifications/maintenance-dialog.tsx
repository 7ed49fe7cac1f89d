/** A maintenance window: when, each week or once; of which incidents; why. */
import { useState } from 'react';
import { serverNowMs } from '../../../api/server-clock.ts';
import type { KeptMaintenance, Matcher, SingleWindow, WeeklyWindow } from '../../../api/operations.ts';
import { useZone } from '../../../app/time-zone.ts';
import { toast } from '../../../app/toasts.tsx';
import { Button, IconButton } from '../../../design/button.tsx';
import { Dialog } from '../../../design/dialog.tsx';
import { Field } from '../../../design/field.tsx';
import { readRange } from '../../../time-range/read-range.ts';
import { showInstant } from '../../../time-range/show-time.ts';
import { settleRange } from '../../../time-range/time-choice.ts';
import pageStyles from '../alerts-page.module.css';
import { MatcherFields } from './matcher-fields.tsx';
import styles from './notifications.module.css';
import { useSaveMaintenance } from './use-notifications.ts';
import { WeeklyWindows } from './weekly-windows.tsx';

interface MaintenanceDialogProps {
  readonly kept: KeptMaintenance | undefined;
  readonly taken: readonly string[];
  readonly onClose: () => void;
}

export function MaintenanceDialog({ kept, taken, onClose }: MaintenanceDialogProps) {
  const form = useMaintenanceForm(kept, onClose);
  const isTaken = kept === undefined && taken.includes(form.name.trim());
  return (
    <Dialog
      title={kept === undefined ? 'New maintenance window' : `Maintenance ${kept.name}`}
      onClose={onClose}
      wide
      footer={
        <Button look="primary" type="submit" form="maintenance" disabled={!form.canSave || isTaken}>
          Save
        </Button>
      }
    >
      <form
        id="maintenance"
        className={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        <div className={pageStyles.pair}>
          {kept === undefined ? (
            <Field
              label="Name"
              value={form.name}
              onChange={form.setName}
              problem={isTaken ? 'There is a window of this name already.' : undefined}
            />
          ) : null}
          <Field label="Why" value={form.comment} onChange={form.setComment} />
        </div>
        <div>
          <p className={pageStyles.legend}>Each week</p>
          <WeeklyWindows windows={form.weekly} onChange={form.setWeekly} add="Weekly window" />
        </div>
        <OnceFields once={form.once} onChange={form.setOnce} />
        <div>
          <p className={pageStyles.legend}>Incidents with all of</p>
          <MatcherFields matchers={form.match} onChange={form.setMatch} none="All incidents." />
        </div>
        {form.error === null ? null : (
          <p className={pageStyles.problem} role="alert">
            {form.error.message}
          </p>
        )}
      </form>
    </Dialog>
  );
}

function useMaintenanceForm(kept: KeptMaintenance | undefined, onClose: () => void) {
  const [name, setName] = useState(kept?.name ?? '');
  const [comment, setComment] = useState(kept?.comment ?? '');
  const [match, setMatch] = useState<readonly Matcher[]>(kept?.match ?? []);
  const [weekly, setWeekly] = useState<readonly WeeklyWindow[]>(kept?.weekly ?? []);
  const [once, setOnce] = useState<readonly SingleWindow[]>(kept?.once ?? []);
  const save = useSaveMaintenance();
  const named = match.filter(({ label }) => label.trim() !== '');
  const submit = (): void => {
    const body = {
      ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
      ...(named.length === 0 ? {} : { match: named }),
      ...(weekly.length === 0 ? {} : { weekly }),
      ...(once.length === 0 ? {} : { once }),
      version: kept?.version ?? 0,
    };
    const onSuccess = (): void => {
      toast('Maintenance window saved.');
      onClose();
    };
    save.mutate({ name: name.trim(), body }, { onSuccess });
  };
  const typed = { name, setName, comment, setComment, match, setMatch, weekly, setWeekly, once, setOnce };
  const canSave = name.trim() !== '' && (weekly.length > 0 || once.length > 0) && !save.isPending;
  return { ...typed, canSave, submit, error: save.error };
}

/** Single windows, typed as ranges are typed everywhere. */
function OnceFields({
  once,
  onChange,
}: {
  readonly once: readonly SingleWindow[];
  readonly onChange: (once: readonly SingleWindow[]) => void;
}) {
  const [typed, setTyped] = useState('');
  const [zone] = useZone();
  const nowMs = serverNowMs();
  const read = typed.trim() === '' ? undefined : readRange(typed, { nowMs, zone });
  const settled = read === undefined ? undefined : settleRange(read, nowMs);
  const show = (ms: number): string => showInstant(ms, zone, 'minute');
  const add = (): void => {
    if (settled === undefined) return;
    onChange([...once, { from: new Date(settled.fromMs).toISOString(), to: new Date(settled.toMs).toISOString() }]);
    setTyped('');
  };
  return (
    <div className={styles.windows}>
      <p className={pageStyles.legend}>SingleWindow</p>
      {once.map((one, index) => (
        <div key={index} className={pageStyles.row}>
          <span className={pageStyles.mono}>
            {show(Date.parse(one.from))} – {show(Date.parse(one.to))}
          </span>
          <IconButton icon="close" label="Remove this window" onClick={() => onChange(once.toSpliced(index, 1))} />
        </div>
      ))}
      <div className={pageStyles.row}>
        <Field
          className={pageStyles.grow}
          label="A single window"
          hideLabel
          mono
          placeholder="2026-11-22 02:00 - 2026-11-22 04:00"
          value={typed}
          onChange={setTyped}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add();
          }}
        />
        <Button icon="plus" disabled={settled === undefined} onClick={add}>
          {settled === undefined ? 'Add' : `Add ${show(settled.fromMs)} – ${show(settled.toMs)}`}
        </Button>
      </div>
    </div>
  );
}
