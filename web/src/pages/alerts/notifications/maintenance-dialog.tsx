/** A maintenance window: when, each week or once; of which incidents; why. */
import { useState } from 'react';
import { serverNowMs } from '../../../api/server-clock.ts';
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
import type { KeptMaintenance, Matcher } from './use-notifications.ts';
import { WeeklyWindows } from './weekly-windows.tsx';
import type { WeeklyWindow } from './weekly-windows.tsx';

interface MaintenanceDialogProps {
  readonly kept: KeptMaintenance | undefined;
  readonly taken: readonly string[];
  readonly onClose: () => void;
}

type Once = NonNullable<KeptMaintenance['once']>[number];

export function MaintenanceDialog({ kept, taken, onClose }: MaintenanceDialogProps) {
  const [name, setName] = useState(kept?.name ?? '');
  const [comment, setComment] = useState(kept?.comment ?? '');
  const [match, setMatch] = useState<readonly Matcher[]>(kept?.match ?? []);
  const [weekly, setWeekly] = useState<readonly WeeklyWindow[]>(kept?.weekly ?? []);
  const [once, setOnce] = useState<readonly Once[]>(kept?.once ?? []);
  const save = useSaveMaintenance();
  const isTaken = kept === undefined && taken.includes(name.trim());
  const named = match.filter(({ label }) => label.trim() !== '');
  const submit = (): void =>
    save.mutate(
      {
        name: name.trim(),
        body: {
          ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
          ...(named.length === 0 ? {} : { match: named }),
          ...(weekly.length === 0 ? {} : { weekly: [...weekly] }),
          ...(once.length === 0 ? {} : { once: [...once] }),
          version: kept?.version ?? 0,
        },
      },
      {
        onSuccess: () => {
          toast('Maintenance window saved.');
          onClose();
        },
      },
    );
  return (
    <Dialog
      title={kept === undefined ? 'New maintenance window' : `Maintenance ${kept.name}`}
      onClose={onClose}
      wide
      footer={
        <Button
          look="primary"
          type="submit"
          form="maintenance"
          disabled={name.trim() === '' || isTaken || (weekly.length === 0 && once.length === 0) || save.isPending}
        >
          Save
        </Button>
      }
    >
      <form
        id="maintenance"
        className={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className={pageStyles.pair}>
          {kept === undefined ? (
            <Field label="Name" value={name} onChange={setName} problem={isTaken ? 'There is a window of this name already.' : undefined} />
          ) : null}
          <Field label="Why" value={comment} onChange={setComment} />
        </div>
        <div>
          <p className={pageStyles.legend}>Each week</p>
          <WeeklyWindows windows={weekly} onChange={setWeekly} add="Weekly window" />
        </div>
        <OnceFields once={once} onChange={setOnce} />
        <div>
          <p className={pageStyles.legend}>Incidents with all of</p>
          <MatcherFields matchers={match} onChange={setMatch} none="All incidents." />
        </div>
        {save.error === null ? null : (
          <p className={pageStyles.problem} role="alert">
            {save.error.message}
          </p>
        )}
      </form>
    </Dialog>
  );
}

/** Single windows, typed as ranges are typed everywhere. */
function OnceFields({ once, onChange }: { readonly once: readonly Once[]; readonly onChange: (once: readonly Once[]) => void }) {
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
      <p className={pageStyles.legend}>Once</p>
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
