/** What the API tells of rules at work: gathered from the gateway's workers when it is asked. */
import type { RuleFacts } from '#api/rule-routes.ts';
import type { Config } from './config.ts';
import { parserCounts } from './gateway/counters.ts';
import type { GatewayCounts } from './gateway.ts';
import type { LateParts } from './operations.ts';

export function createRuleFacts({ parsing, policies }: Config, late: LateParts): RuleFacts {
  const counts = async (): Promise<GatewayCounts | undefined> => late.gateway?.freshCounts();
  const streams = () => late.gateway?.streams() ?? [];
  return {
    configured: (kind, tenant) =>
      (kind === 'parser' ? parsing.rules : policies.rules).filter((rule) => rule.tenant === '' || rule.tenant === tenant).map(withoutEmpty),
    takenOut: async () => ({ ...(await counts())?.policies }),
    async fields(tenant) {
      await counts();
      return streams().flatMap(({ fields }) => fields.filter((of) => of.tenant === tenant).flatMap((of) => of.streams));
    },
    async streams(tenant) {
      await counts();
      return streams().flatMap(({ formats }) =>
        formats
          .filter((stream) => stream.tenant === tenant)
          .map(({ receiver, service, host, format = null }) => ({ receiver, service, host, format })),
      );
    },
    async parserCounts() {
      const known = await counts();
      return known === undefined ? [] : parserCounts(known).map(({ overBudget, ...rest }) => ({ ...rest, over_budget: overBudget }));
    },
  };
}

/** A rule without the settings that say nothing. */
function withoutEmpty(rule: object): object {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== ''));
}
