/** The incident that tells of a channel that does not deliver, told through other channels like any other. */
import { createHash } from 'node:crypto';
import type { Incident, NewTransition } from '#metadata/alert-records.ts';
import { ownRulePrefix } from '#metadata/alert-records.ts';
import type { ChannelHealth } from '#metadata/notification-records.ts';

/** One for each time that it began to fail, found again after a crash. */
export function channelIncidentId({ tenant, channel, failingSinceMs = 0 }: ChannelHealth): string {
  return `channel-${createHash('sha256')
    .update(JSON.stringify([tenant, channel, failingSinceMs]))
    .digest('hex')
    .slice(0, 24)}`;
}

/** `shown`: the channel as people know it, which has no secret in it. */
export function channelFailed(health: ChannelHealth, shown: string, atMs: number): NewTransition {
  const incident = incidentOf(health, shown, atMs);
  const { id: incidentId, tenant } = incident;
  return { key: `${incidentId}/fired`, incident, event: { incidentId, tenant, kind: 'fired', atMs } };
}

export function channelRecovered(failed: Incident, why: string, atMs: number): NewTransition {
  const { id: incidentId, tenant } = failed;
  return {
    key: `${incidentId}/resolved`,
    incident: { ...failed, state: 'ok', resolvedMs: atMs },
    event: { incidentId, tenant, kind: 'resolved', atMs, detail: why },
  };
}

function incidentOf(health: ChannelHealth, shown: string, atMs: number): Incident {
  const { tenant, failingSinceMs = atMs, lastError = '' } = health;
  return {
    id: channelIncidentId(health),
    tenant,
    ruleId: `${ownRulePrefix}${shown}`,
    ruleVersion: 1,
    ruleName: 'A channel does not deliver',
    severity: 'critical',
    group: { channel: shown },
    labels: { channel: shown, alert: 'channel_dead' },
    state: 'firing',
    beganMs: failingSinceMs,
    firedMs: atMs,
    detail: lastError,
    lateMs: 0,
    samples: [],
    suppressedBy: [],
  };
}
