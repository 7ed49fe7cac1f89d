/** What would become of an incident, and which incidents a silence would hide: answers without consequences. */
import type { AlertRecords, Incident } from '#metadata/alert-records.ts';
import type { Severity } from './alert-rule.ts';
import { compileMatchers, labelsOf } from './label-matchers.ts';
import type { Notifier } from './notifier.ts';
import type { LabelSet, Matcher, Routing } from './notification-rules.ts';
import { referenceOf } from './notifying/channel-directory.ts';
import { shownChannel } from './notifying/message-maker.ts';
import { createRouter, groupLabelsOf } from './notifying/routing.ts';
import type { RoutePlan, RouteStep } from './notifying/routing.ts';

export interface RoutingQuestion {
  readonly tenant: string;
  readonly labels: LabelSet;
  readonly severity?: Severity | undefined;
  /** Id of a rule whose name, labels, severity and actions are added. */
  readonly ruleId?: string | undefined;
  readonly atMs: number;
  /** In place of the tenant's; checked. */
  readonly routing?: Routing | undefined;
}

export interface RoutingPreview {
  readonly steps: readonly RouteStep[];
  readonly plans: readonly { readonly plan: RoutePlan; readonly group: LabelSet }[];
  readonly channels: readonly string[];
  readonly suppressedBy: readonly string[];
}

/** `open`: incidents that are not over, of all tenants; they may inhibit this one. */
export function previewRouting(
  { tenants }: Pick<Notifier, 'tenants'>,
  question: RoutingQuestion,
  open: readonly Incident[],
): RoutingPreview {
  const { tenant, severity, ruleId = '', atMs, routing } = question;
  const rule = ruleId === '' ? undefined : tenants.ruleOf(tenant, ruleId);
  const known = { severity: severity ?? rule?.severity ?? 'warning', rule: rule?.name ?? '', rule_id: ruleId };
  const labels = { ...known, ...rule?.labels, ...question.labels };
  const { router, suppressor } = tenants.of(tenant);
  const { plans, steps } = (routing === undefined ? router : createRouter(routing, tenants.defaults)).explain(labels, atMs);
  const told = plans.flatMap(({ channels }) => channels);
  const ofActions = (rule?.actions ?? []).map((action) => shownChannel(referenceOf(action)));
  const causes = suppressor.indexCauses(
    open.filter((one) => one.tenant === tenant && one.state !== 'pending').map((one) => ({ id: one.id, labels: labelsOf(one) })),
  );
  return {
    steps,
    plans: plans.map((plan) => ({ plan, group: groupLabelsOf(plan, labels) })),
    channels: [...new Set([...told, ...ofActions])],
    suppressedBy: suppressor.suppressedBy({ id: '', labels }, rule?.muted_until_ms, atMs, causes),
  };
}

/** Open incidents of the tenant that the matchers take, newest first. */
export async function previewSilence(
  records: Pick<AlertRecords, 'open'>,
  tenant: string,
  matchers: readonly Matcher[],
): Promise<Incident[]> {
  const compiled = compileMatchers(matchers);
  const open = await records.open();
  return open.filter((incident) => incident.tenant === tenant && compiled.matches(labelsOf(incident))).toReversed();
}

export { shownChannel };
