/** A rule as sentences or as JSON, beside what it would have done; saved only when one has seen that. */
import { useMemo, useRef, useState } from 'react';
import type { FormEvent, RefObject } from 'react';
import { isAlertRule } from '../../../alerts/rule-model.ts';
import type { AlertRule, RuleAnswer } from '../../../api/operations.ts';
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
import { isUnnamed, useRuleCheck, useSaveRule } from './use-rules.ts';

export interface RuleEditorProps {
  /** Undefined: a new one. */
  readonly kept?: RuleAnswer;
  readonly initial: AlertRule;
}

export function RuleEditor({ kept, initial }: RuleEditorProps) {
  const [{ view }, update] = useUrlState(editorView);
  const form = useRef<HTMLFormElement>(null);
  const { draft, setDraft, body, model, check, isCurrent, problems, isChanged, saving, save } = useRuleDraft(kept, initial, form);
  useKeys('Rule', [
    { keys: 'Ctrl+s', does: 'Save the rule', run: save },
    { keys: 'Escape', does: 'Back to the rules', run: () => leave(JSON.stringify(draft) !== JSON.stringify(kept?.rule ?? initial)) },
  ]);
  const showAs = (next: 'form' | 'json'): void => {
    // people may have pasted another design's shape: the form shows it as the model has it
    if (next === 'form' && body === undefined && model !== undefined) setDraft(model);
    update({ view: next }, { replace: true });
  };
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
        canBeForm={body !== undefined || model !== undefined}
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
            <form ref={form} onSubmit={preventingDefault(save)}>
              <RuleForm rule={body} onChange={setDraft} />
            </form>
          )}
        </div>
        <div className={styles.right}>
          <RulePreview
            rule={body ?? model}
            isCurrent={isCurrent}
            isValid={check?.valid === true}
            problems={problems}
            warnings={check?.warnings ?? []}
          />
          {kept === undefined ? null : <RuleVersions id={kept.id} current={kept.version} onTake={setDraft} />}
        </div>
      </div>
    </FieldProblems>
  );
}

/** What is typed does not go by a slip of the finger. */
function leave(isTyped: boolean): void {
  const go = (): void => navigate('/alerts/rules');
  if (!isTyped) return go();
  toast({ text: 'The rule has changes that are not saved.', action: { label: 'Leave it', run: go } });
}

const preventingDefault = (run: () => void) => (event: FormEvent) => {
  event.preventDefault();
  run();
};

/** The name that it was checked by is not its own. */
function modelOf(rule: AlertRule | null | undefined, draft: unknown): AlertRule | undefined {
  return isUnnamed(draft) && rule ? { ...rule, name: '' } : (rule ?? undefined);
}

const missingName = { field: 'name', message: 'A rule needs a name.', code: 'bad_request' };

/** What is typed, what the server says of it, and how it is saved. */
function useRuleDraft(kept: RuleEditorProps['kept'], initial: AlertRule, form: RefObject<HTMLFormElement | null>) {
  const [draft, setDraft] = useState<unknown>(initial);
  const [attempts, setAttempts] = useState(0);
  const { check, isCurrent } = useRuleCheck(draft);
  const saving = useSaveRule();
  // nobody is told that a rule has no name before they had the time to give it one
  const isMissingName = isUnnamed(draft) && (attempts > 0 || kept !== undefined);
  const problems = isMissingName ? [missingName, ...(check?.problems ?? [])] : (check?.problems ?? []);
  const save = (): void => {
    setAttempts((count) => count + 1);
    if (check?.valid === false || isUnnamed(draft)) return focusFirstProblem(form.current);
    saving.mutate(
      { id: kept?.id, version: kept?.version, rule: draft as AlertRule },
      {
        onSuccess: (saved) => {
          toast(kept === undefined ? 'Rule made: it is evaluated from now on.' : 'Rule saved.');
          setAttempts(0);
          if (kept === undefined && 'id' in saved) navigate(ruleHref(saved.id), { replace: true });
          else if ('rule' in saved) setDraft(saved.rule);
        },
      },
    );
  };
  return {
    draft,
    setDraft,
    /** Where a form can show it. */
    body: useMemo(() => (isAlertRule(draft) ? draft : undefined), [draft]),
    /** As the server reads it. */
    model: isCurrent ? modelOf(check?.rule, draft) : undefined,
    check,
    isCurrent,
    problems,
    isChanged: JSON.stringify(draft) !== JSON.stringify(kept?.rule),
    saving,
    save,
  };
}

function focusFirstProblem(form: HTMLFormElement | null): void {
  // after the problems are shown
  requestAnimationFrame(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
