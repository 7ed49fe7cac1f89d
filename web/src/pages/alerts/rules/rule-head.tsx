/** Above the editor: which rule, how it is now, what is done with it. */
import { useState } from 'react';
import { StateBadge } from '../../../alerts/alert-marks.tsx';
import type { RuleAnswer } from '../../../api/operations.ts';
import { navigate } from '../../../app/location.ts';
import { toast } from '../../../app/toasts.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog } from '../../../design/dialog.tsx';
import { Link } from '../../../design/link.tsx';
import { MenuButton } from '../../../design/menu.tsx';
import pageStyles from '../alerts-page.module.css';
import { MuteMenu } from './mute-menu.tsx';
import styles from './rules.module.css';
import { useChangeRule } from './use-rules.ts';

interface RuleHeadProps {
  readonly kept: RuleAnswer | undefined;
  readonly name: string;
  readonly isChanged: boolean;
  readonly isSaving: boolean;
  readonly canSave: boolean;
  readonly onSave: () => void;
  readonly onReset: (() => void) | undefined;
  readonly view: 'form' | 'json';
  readonly canBeForm: boolean;
  readonly onView: (view: 'form' | 'json') => void;
}

const views = [
  ['form', 'Form'],
  ['json', 'JSON'],
] as const;

export function RuleHead({ kept, name, isChanged, isSaving, canSave, onSave, onReset, view, canBeForm, onView }: RuleHeadProps) {
  return (
    <div className={pageStyles.tools}>
      <Link href="/alerts/rules" className={pageStyles.muted}>
        Rules
      </Link>
      <h2>{kept === undefined ? 'New rule' : name}</h2>
      {kept === undefined ? null : <StateBadge state={kept.state} />}
      {kept === undefined ? null : (
        <Link href={`/alerts/incidents?rule=${encodeURIComponent(kept.id)}`} className={pageStyles.sub}>
          its incidents
        </Link>
      )}
      <span className={pageStyles.push} />
      <div className={styles.views} role="group" aria-label="Shown as">
        {views.map(([one, label]) => (
          <Button key={one} look="quiet" aria-pressed={view === one} disabled={one === 'form' && !canBeForm} onClick={() => onView(one)}>
            {label}
          </Button>
        ))}
      </div>
      {kept === undefined ? null : <KeptTools kept={kept} />}
      {onReset !== undefined && isChanged ? (
        <Button look="quiet" onClick={onReset}>
          Give up changes
        </Button>
      ) : null}
      <Button look="primary" icon="save" disabled={!canSave} title="Save (Ctrl S)" onClick={onSave}>
        {isSaving ? 'Saving…' : kept === undefined ? 'Make the rule' : 'Save'}
      </Button>
    </div>
  );
}

function KeptTools({ kept }: { readonly kept: RuleAnswer }) {
  const change = useChangeRule();
  const [isRemoving, setRemoving] = useState(false);
  const { id, rule } = kept;
  const isOn = rule.enabled !== false;
  const remove = (): void =>
    change.mutate(
      { id, what: 'delete' },
      {
        onSuccess: () => {
          toast('Rule removed; its open incidents are resolved.');
          navigate('/alerts/rules');
        },
      },
    );
  return (
    <>
      <MuteMenu rule={kept} onChange={change.mutate} />
      <MenuButton
        look="quiet"
        label="More"
        align="end"
        entries={[
          {
            label: isOn ? 'Switch off' : 'Switch on',
            icon: isOn ? 'pause' : 'play',
            run: () => change.mutate({ id, what: isOn ? 'disable' : 'enable' }),
          },
          { label: 'Remove …', icon: 'trash', danger: true, run: () => setRemoving(true) },
        ]}
      />
      {isRemoving ? (
        <Dialog
          title="Remove the rule"
          onClose={() => setRemoving(false)}
          footer={
            <Button look="danger" icon="trash" onClick={remove}>
              Remove
            </Button>
          }
        >
          <p>
            “{rule.name}” is no longer evaluated, and its open incidents resolve. Its past incidents stay. To stop it for a while, switch it
            off or mute it.
          </p>
        </Dialog>
      ) : null}
    </>
  );
}
