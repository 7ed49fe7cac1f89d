/** What the running evaluator knows of rules, for lists of rules: a port that the runtime (consumers/alerts) fills. */
import type { AlertState } from '#metadata/alert-records.ts';

export interface AlertFacts {
  /** Rules of the tenant that are evaluated, by their ids; those that were never looked at are not among them. */
  ofRules(tenant: string): ReadonlyMap<string, RuleFactsNow>;
}

export interface RuleFactsNow {
  /** The worst of its groups. */
  readonly state: AlertState;
  /** Newest value of the group that is worst off; undefined where it has none. */
  readonly value?: number | undefined;
  readonly evaluatedMs?: number | undefined;
  readonly groups: number;
  readonly pendingGroups: number;
  readonly firingGroups: number;
  /** Lines that belonged to no group, because of the bound of groups. */
  readonly linesWithoutGroup: number;
  /** Why it could not be evaluated, or not whole. */
  readonly problem?: string | undefined;
}

/** Where nothing is evaluated. */
export const noFacts: AlertFacts = { ofRules: () => new Map() };
