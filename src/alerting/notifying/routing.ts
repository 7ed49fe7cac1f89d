/**
 * Where an incident goes. The tree is walked from its root, which takes everything: of the routes below one, the first that
 * matches is entered, and those behind it too where it says `continue`; a route none of whose children took the incident
 * tells of it itself. A route outside its hours does not match, so the next one, or the parent, has its turn and nothing is lost.
 *
 * What a route does not say it has from its parent, the root from the settings. Pure; each step says its reason.
 */
import type { Severity } from '../alert-rule.ts';
import { compileMatchers } from '../label-matchers.ts';
import type { CompiledMatchers } from '../label-matchers.ts';
import { inboxChannel } from '../notification-rules.ts';
import type { EscalationStep, LabelSet, Route, Routing } from '../notification-rules.ts';
import { isWithin } from './weekly-windows.ts';

/** What a route tells, with everything it inherited. */
export interface RoutePlan {
  /** `/` is the root, `/0/2` the third route below its first. */
  readonly path: string;
  readonly name: string;
  /** What makes it the same route although others come and go beside it. */
  readonly identity: string;
  readonly channels: readonly string[];
  readonly groupBy: readonly string[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  /** 0: never. */
  readonly repeatIntervalMs: number;
  readonly escalation: readonly EscalationStep[];
  /** How bad it is told to be by a channel, where an action of a rule says so. */
  readonly severities?: Readonly<Record<string, Severity>>;
}

export interface RouteStep {
  readonly path: string;
  readonly name: string;
  readonly isMatched: boolean;
  readonly isTaken: boolean;
  readonly reason: string;
}

export interface RoutingDefaults {
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
}

export interface Router {
  /** At least one plan: the root's where nothing else matched. */
  route(labels: LabelSet, atMs: number): readonly RoutePlan[];
  /** The same, with every route that was looked at. */
  explain(labels: LabelSet, atMs: number): { readonly plans: readonly RoutePlan[]; readonly steps: readonly RouteStep[] };
}

/** What a tenant has that set nothing: everything into the inbox, each rule by itself. */
export const defaultRouting: Routing = { route: { channels: [inboxChannel], group_by: ['rule_id'] } };

/** A group of its own for each incident. */
export const everyLabel = '...';

interface Node {
  readonly route: Route;
  readonly plan: RoutePlan;
  readonly matchers: CompiledMatchers | undefined;
  readonly children: readonly Node[];
}

/** @throws AppError bad_request for an expression that is not linear */
export function createRouter({ route }: Routing, defaults: RoutingDefaults): Router {
  const inherited: RoutePlan = {
    path: '/',
    name: '',
    identity: '',
    channels: [inboxChannel],
    groupBy: ['rule_id'],
    ...defaults,
    escalation: [],
  };
  const root = createNode(route, '/', inherited);
  const explain: Router['explain'] = (labels, atMs) => {
    const [plans, steps]: [RoutePlan[], RouteStep[]] = [[], []];
    walk(root, labels, atMs, plans, steps);
    return { plans, steps };
  };
  return { explain, route: (labels, atMs) => explain(labels, atMs).plans };
}

function createNode(route: Route, path: string, parent: RoutePlan): Node {
  const { name, match, channels, group_by, group_wait_ms, group_interval_ms, repeat_interval_ms, escalation } = route;
  const plan: RoutePlan = {
    path,
    name: name ?? (path === '/' ? 'all' : path),
    identity: `${parent.identity}/${JSON.stringify([name ?? '', match ?? [], route.active ?? []])}`,
    channels: channels ?? parent.channels,
    groupBy: group_by ?? parent.groupBy,
    groupWaitMs: group_wait_ms ?? parent.groupWaitMs,
    groupIntervalMs: group_interval_ms ?? parent.groupIntervalMs,
    repeatIntervalMs: repeat_interval_ms ?? parent.repeatIntervalMs,
    escalation: (escalation ?? parent.escalation).toSorted((a, b) => a.after_ms - b.after_ms),
  };
  const below = path === '/' ? '' : path;
  const children = (route.routes ?? []).map((child, index) => createNode(child, `${below}/${index}`, plan));
  return { route, plan, matchers: match === undefined ? undefined : compileMatchers(match), children };
}

/** Whether it, or one below, tells of the incident. */
function walk(node: Node, labels: LabelSet, atMs: number, plans: RoutePlan[], steps: RouteStep[]): boolean {
  const { path, name } = node.plan;
  const obstacle = obstacleOf(node, labels, atMs);
  if (obstacle !== undefined) {
    steps.push({ path, name, isMatched: false, isTaken: false, reason: obstacle });
    return false;
  }
  const at = steps.length;
  steps.push({
    path,
    name,
    isMatched: true,
    isTaken: false,
    reason: node.matchers === undefined ? 'takes everything' : 'all its matchers hold',
  });
  let isToldBelow = false;
  for (const child of node.children) {
    if (!walk(child, labels, atMs, plans, steps)) continue;
    isToldBelow = true;
    if (child.route.continue !== true) break;
  }
  if (!isToldBelow) {
    plans.push(node.plan);
    const why = node.children.length === 0 ? '' : ', and none below it does';
    steps[at] = { ...steps[at], isTaken: true, reason: `${steps[at].reason}${why}` };
  }
  return true;
}

/** The root takes everything, whatever it says. */
function obstacleOf({ plan, matchers, route }: Node, labels: LabelSet, atMs: number): string | undefined {
  if (plan.path === '/') return undefined;
  const mismatch = matchers?.mismatch(labels);
  if (mismatch !== undefined) return mismatch;
  return route.active === undefined || isWithin(route.active, atMs) ? undefined : 'it is outside its hours';
}

/** The values by which incidents of a plan are told together. */
export function groupLabelsOf(plan: Pick<RoutePlan, 'groupBy'>, labels: LabelSet): LabelSet {
  if (plan.groupBy.includes(everyLabel)) return labels;
  return Object.fromEntries(plan.groupBy.map((label) => [label, Object.hasOwn(labels, label) ? labels[label] : '']));
}
