/** A rule as sentences or as JSON, beside what it would have done; saved only when one has seen that. */
import { useMemo, useRef, useState } from 'react';
import { isRuleBody } from '../../../alerts/rule-model.ts';
import type { RuleBody } from '../../../alerts/rule-model.ts';
import type { AnswerOf } from '../../../api/client.ts';
import { useKeys } from '../../../app/keys.ts';
import { navigate } from '../../../app/location.ts';
import { toast } from '../../../app/toasts.tsx';
import { useUrlState } from '../../../app/url-state.ts';
import { ruleHref } from '../../../alerts/alert-links.ts';
import { ErrorState } from '../../../design/state.tsx';
import { editorView } from '../alerts-view.ts';
import { FieldProblems } from './field-problems.ts';
import { RuleForm } from './rule-form.tsx';
import { RuleHead } from './rule-head.tsx';
import { RuleJson } from './rule-json.tsx';
import { RulePreview } from './rule-preview.tsx';
import { RuleVersions } from './rule-versions.tsx';
import styles from './rules.module.css';
import { useRuleCheck, useSaveRule } from './use-rules.ts';

export interface RuleEditorProps {
  /** Undefined: a new one. */
  readonly kept?: AnswerOf<'alert'>;
  readonly initial: RuleBody;
}

export function RuleEditor({ kept, initial }: RuleEditorProps) {
  const [{ view }, update] = useUrlState(editorView);
  const [draft, setDraft] = useState<unknown>(initial);
  const [attempt, setAttempt] = useState(0);
  const check = useRuleCheck(draft);
  const saving = useSaveRule();
  const body = useMemo(() => (isRuleBody(draft) ? draft : undefined), [draft]);
  const isChanged = JSON.stringify(draft) !== JSON.stringify(kept?.rule ?? undefined);
  const problems = attempt === 0 && kept === undefined ? withoutMissingName(check.data?.problems ?? []) : (check.data?.problems ?? []);
  const form = useRef<HTMLFormElement>(null);
  const save = (): void => {
    setAttempt((count) => count + 1);
    if (check.data?.valid === false) return focusFirstProblem(form.current);
    saving.mutate(
      { id: kept?.id, version: kept?.version, rule: draft as RuleBody },
      {
        onSuccess: (saved) => {
          toast(kept === undefined ? 'Rule made: it is evaluated from now on.' : 'Rule saved.');
          setAttempt(0);
          if (kept === undefined && 'id' in saved) navigate(ruleHref(saved.id), { replace: true });
          else if ('rule' in saved) setDraft(saved.rule);
        },
      },
    );
  };
  useKeys('Rule', [
    { keys: 'Ctrl+s', does: 'Save the rule', run: save },
    { keys: 'Escape', does: 'Back to the rules', run: () => navigate('/alerts/rules') },
  ]);
  const showAs = (next: 'form' | 'json'): void => {
    // people may have pasted another design's shape: the form shows it as the model has it
    if (next === 'form' && body === undefined && check.data?.rule) setDraft(check.data.rule);
    update({ view: next }, { replace: true });
  };
  const canBeForm = body !== undefined || Boolean(check.data?.rule);
  return (
    <FieldProblems value={problems}>
      <RuleHead
        kept={kept}
        name={body?.name ?? ''}
        isChanged={isChanged}
        isSaving={saving.isPending}
        canSave={isChanged && !saving.isPending}
        onSave={save}
        onReset={kept === undefined ? undefined : () => setDraft(kept.rule)}
        view={view}
        canBeForm={canBeForm}
        onView={showAs}
      />
      <div className={styles.editor}>
        <div className={styles.left}>
          {saving.error === null ? null : (
            <div className={styles.refused}>
              <ErrorState error={saving.error} />
            </div>
          )}
          {view === 'json' || body === undefined ? (
            <RuleJson draft={draft} onChange={setDraft} problems={problems} />
          ) : (
            <form
              ref={form}
              onSubmit={(event) => {
                event.preventDefault();
                save();
              }}
            >
              <RuleForm rule={body} onChange={setDraft} />
            </form>
          )}
        </div>
        <div className={styles.right}>
          <RulePreview
            rule={body ?? check.data?.rule ?? undefined}
            isValid={check.data?.valid === true}
            problems={problems}
            warnings={check.data?.warnings ?? []}
          />
          {kept === undefined ? null : <RuleVersions id={kept.id} current={kept.version} onTake={setDraft} />}
        </div>
      </div>
    </FieldProblems>
  );
}

/** Nobody is told that a rule has no name before they had the time to give it one. */
function withoutMissingName<P extends { readonly field: string }>(problems: readonly P[]): readonly P[] {
  return problems.filter(({ field }) => field !== 'name');
}

function focusFirstProblem(form: HTMLFormElement | null): void {
  // after the problems are shown
  requestAnimationFrame(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
