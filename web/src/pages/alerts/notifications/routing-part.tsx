/** The routing: a tree of routes, from everything down to the particular; and where an incident would go by it, and why. */
import { useState } from 'react';
import type { KeptRouting } from '../../../api/operations.ts';
import { useKeys } from '../../../app/keys.ts';
import { Age } from '../../../design/age.tsx';
import { Button } from '../../../design/button.tsx';
import { Section } from '../../../design/section.tsx';
import { ErrorState, Progress } from '../../../design/state.tsx';
import styles from '../alerts-page.module.css';
import { InhibitionFields } from './inhibition-fields.tsx';
import own from './notifications.module.css';
import { RouteCard } from './route-card.tsx';
import { RoutingPreview, useRoutingPreview } from './routing-preview.tsx';
import type { PreviewQuestion } from './routing-preview.tsx';
import { useChannels, useRouting, useSaveRouting } from './use-notifications.ts';

export function RoutingPart() {
  const routing = useRouting();
  if (routing.data === undefined)
    return routing.error === null ? (
      <Progress active label="Routing" />
    ) : (
      <ErrorState error={routing.error} onRetry={() => void routing.refetch()} />
    );
  return <RoutingEditor key={`${routing.data.source}${routing.data.version}`} kept={routing.data} />;
}

const sources: Readonly<Record<KeptRouting['source'], string>> = {
  default: 'Nobody has made one: everything goes to the inbox.',
  configuration: 'From the configuration; saving one here takes its place.',
  kept: '',
};

function RoutingEditor({ kept }: { readonly kept: KeptRouting }) {
  const [routing, setRouting] = useState(kept.routing);
  const [question, setQuestion] = useState<PreviewQuestion>({ labels: {}, severity: 'critical' });
  const channels = useChannels();
  const save = useSaveRouting();
  const isChanged = JSON.stringify(routing) !== JSON.stringify(kept.routing);
  const preview = useRoutingPreview(question, routing);
  const submit = (): void => {
    if (isChanged) save.mutate({ routing, version: kept.version });
  };
  useKeys('Routing', [{ keys: 'Ctrl+s', does: 'Save the routing', run: submit }]);
  return (
    <>
      <div className={styles.tools}>
        <span className={styles.count}>
          {sources[kept.source]}
          {kept.updated_at === null ? null : (
            <>
              version {kept.version}, changed <Age ms={Date.parse(kept.updated_at)} />
              {kept.updated_by === '' ? '' : ` by ${kept.updated_by}`}
            </>
          )}
        </span>
        <span className={styles.push} />
        {isChanged ? (
          <Button look="quiet" onClick={() => setRouting(kept.routing)}>
            Give up changes
          </Button>
        ) : null}
        <Button look="primary" icon="save" disabled={!isChanged || save.isPending} title="Save (Ctrl S)" onClick={submit}>
          Save
        </Button>
      </div>
      <div className={own.routing}>
        <div className={own.tree}>
          {save.error === null ? null : <ErrorState error={save.error} />}
          <RouteCard
            route={routing.route}
            path="/"
            depth={0}
            channels={(channels.data?.channels ?? []).map(({ name }) => name)}
            steps={preview.data?.steps ?? []}
            onChange={(route) => setRouting({ ...routing, route })}
          />
          <Section title="Inhibitions" note="A cause hides its effects" padded>
            <InhibitionFields
              inhibitions={routing.inhibit ?? []}
              onChange={(inhibit) => setRouting(inhibit.length === 0 ? { route: routing.route } : { ...routing, inhibit })}
            />
          </Section>
        </div>
        <RoutingPreview question={question} onQuestion={setQuestion} preview={preview} />
      </div>
    </>
  );
}
