/** `/alerts/rules/{id}`: one rule in its editor; `new`: one that is made. */
import { readState } from '../../../app/url-state.ts';
import { currentLocation } from '../../../app/location.ts';
import { Link } from '../../../design/link.tsx';
import { ErrorState, Progress } from '../../../design/state.tsx';
import { editorView } from '../alerts-view.ts';
import { beginning } from './recipes.ts';
import { RuleEditor } from './rule-editor.tsx';
import { useRule } from './use-rules.ts';

export function RulePage({ id }: { readonly id: string }) {
  return id === 'new' ? <NewRule /> : <KeptRule id={id} />;
}

function NewRule() {
  const { q, recipe } = readState(editorView, currentLocation().search);
  return <RuleEditor key={`${q}\0${recipe}`} initial={beginning(recipe, q)} />;
}

function KeptRule({ id }: { readonly id: string }) {
  const rule = useRule(id);
  if (rule.data !== undefined) return <RuleEditor key={id} kept={rule.data} initial={rule.data.rule} />;
  if (rule.error === null) return <Progress active label="Rule" />;
  return <ErrorState error={rule.error} onRetry={() => void rule.refetch()} actions={<Link href="/alerts/rules">All rules</Link>} />;
}
