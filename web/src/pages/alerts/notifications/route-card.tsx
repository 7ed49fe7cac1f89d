/** One route: of which incidents, who is told, how often; and the routes below it, of which the first that matches is taken. */
import type { Route, RoutingStep } from '../../../api/operations.ts';
import { Button, IconButton } from '../../../design/button.tsx';
import { CommaField } from '../../../design/comma-field.tsx';
import { Field, Toggle } from '../../../design/field.tsx';
import { Icon } from '../../../design/icon.tsx';
import styles from '../alerts-page.module.css';
import { SpanField } from '../rules/sentence-fields.tsx';
import { ChannelChoice } from './channel-choice.tsx';
import { EscalationFields } from './escalation-fields.tsx';
import { MatcherFields } from './matcher-fields.tsx';
import own from './notifications.module.css';
import { changedRoute, deepest, pathBelow } from './route-tree.ts';
import { WeeklyWindows } from './weekly-windows.tsx';

interface RouteCardProps {
  readonly route: Route;
  readonly path: string;
  readonly depth: number;
  readonly channels: readonly string[];
  /** What the preview says of each route. */
  readonly steps: readonly RoutingStep[];
  readonly onChange: (route: Route) => void;
  readonly onRemove?: () => void;
  readonly onMove?: (by: -1 | 1) => void;
}

export function RouteCard(props: RouteCardProps) {
  const { route, path, depth, channels, steps, onChange, onRemove, onMove } = props;
  const step = steps.find((one) => one.path === path);
  const change = (changes: Partial<Route>): void => onChange(changedRoute(route, changes));
  const isRoot = depth === 0;
  return (
    <section
      className={own.route}
      aria-label={isRoot ? 'Root route' : `Route ${route.name ?? path}`}
      data-passed={step?.matched}
      data-taken={step?.taken}
    >
      <div className={own.routeHead}>
        <b>{isRoot ? 'Everything' : 'Of these, incidents with all of'}</b>
        {step === undefined ? <span className={own.reason} /> : <Reason step={step} />}
        {onMove === undefined ? null : (
          <>
            <IconButton icon="arrowUp" label="Earlier" onClick={() => onMove(-1)} />
            <IconButton icon="arrowDown" label="Later" onClick={() => onMove(1)} />
          </>
        )}
        {onRemove === undefined ? null : <IconButton icon="trash" label={`Remove route ${route.name ?? path}`} onClick={onRemove} />}
      </div>
      {isRoot ? null : <MatcherFields matchers={route.match ?? []} onChange={(match) => change({ match })} none="All that come here." />}
      <ChannelChoice
        label="tell"
        chosen={route.channels ?? []}
        channels={channels}
        none={isRoot ? 'nobody' : 'as above'}
        onChange={(next) => change({ channels: next })}
      />
      <RouteDetails route={route} isRoot={isRoot} channels={channels} change={change} />
      <Branches {...props} change={change} />
    </section>
  );
}

function Reason({ step }: { readonly step: RoutingStep }) {
  return (
    <span className={own.reason} title={step.reason}>
      <Icon name={step.matched ? 'check' : 'minus'} size={12} />{' '}
      {step.taken ? 'told by this one' : step.matched ? 'comes by here' : step.reason}
    </span>
  );
}

interface RouteDetailsProps {
  readonly route: Route;
  readonly isRoot: boolean;
  readonly channels: readonly string[];
  readonly change: (changes: Partial<Route>) => void;
}

function RouteDetails({ route, isRoot, channels, change }: RouteDetailsProps) {
  const usual = isRoot ? 'usual' : 'as above';
  const span = (label: string, name: 'group_wait_ms' | 'group_interval_ms' | 'repeat_interval_ms') => (
    <div>
      <span className={styles.legend}>{label}</span>
      <SpanField label={label} path={name} value={route[name]} placeholder={usual} onChange={(ms) => change({ [name]: ms })} />
    </div>
  );
  const set = [
    route.group_by,
    route.group_wait_ms,
    route.group_interval_ms,
    route.repeat_interval_ms,
    route.escalation,
    route.active,
    route.name,
  ];
  const count = set.filter((one) => one !== undefined).length;
  return (
    <details className={own.more}>
      <summary>Grouping, timing, escalation, on-call hours{count === 0 ? '' : ` (${count} set)`}</summary>
      <div className={own.timing}>
        <Field label="Name" value={route.name ?? ''} onChange={(name) => change({ name })} />
        <CommaField
          label="Told together by"
          placeholder={usual}
          values={route.group_by ?? []}
          onChange={(groupBy) => change({ group_by: groupBy })}
        />
        {span('Wait for others', 'group_wait_ms')}
        {span('Changes at most every', 'group_interval_ms')}
        {span('Again while firing', 'repeat_interval_ms')}
      </div>
      <EscalationFields steps={route.escalation ?? []} channels={channels} onChange={(escalation) => change({ escalation })} />
      {isRoot ? null : (
        <div>
          <p className={styles.legend}>Only within these hours</p>
          <WeeklyWindows windows={route.active ?? []} onChange={(active) => change({ active })} add="On-call hours" />
          <Toggle checked={route.continue === true} onChange={(goesOn) => change({ continue: goesOn })}>
            Routes behind it are tried too
          </Toggle>
        </div>
      )}
    </details>
  );
}

function Branches({
  route,
  path,
  depth,
  channels,
  steps,
  change,
}: RouteCardProps & { readonly change: (changes: Partial<Route>) => void }) {
  const routes = route.routes ?? [];
  const set = (next: readonly Route[]): void => change({ routes: next });
  if (depth >= deepest) return null;
  return (
    <>
      {routes.length === 0 ? null : (
        <div className={own.branches}>
          {routes.map((one, index) => (
            <RouteCard
              key={index}
              route={one}
              path={pathBelow(path, index)}
              depth={depth + 1}
              channels={channels}
              steps={steps}
              onChange={(next) => set(routes.with(index, next))}
              onRemove={() => set(routes.toSpliced(index, 1))}
              onMove={(by) => set(moved(routes, index, by))}
            />
          ))}
        </div>
      )}
      <div>
        <Button look="quiet" icon="plus" onClick={() => set([...routes, { match: [{ label: 'severity', value: 'critical' }] }])}>
          Route below
        </Button>
      </div>
    </>
  );
}

function moved(routes: readonly Route[], index: number, by: -1 | 1): readonly Route[] {
  const to = index + by;
  return to < 0 || to >= routes.length ? routes : routes.toSpliced(index, 1).toSpliced(to, 0, routes[index]);
}
