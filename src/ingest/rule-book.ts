/**
 * Rules that people set at run time: kept as documents, checked before they are kept, and told to the gateway at once.
 * They stand behind the rules of the configuration, in the order of `position`, then of their names.
 */
import { AppError } from '#base/errors.ts';
import type { Documents, StoredDocument } from '#metadata/documents.ts';
import type { ParserRule } from '#parsing/parser-rules.ts';
import type { Clock } from '#platform/clock.ts';
import { readPolicyRule } from './policies/configured-rules.ts';
import type { PolicyRule } from './policy-rules.ts';

/** Documents that are rules. */
export type RuleKind = 'parser' | 'policy';

export interface LiveRules {
  readonly parsers: readonly ParserRule[];
  readonly policies: readonly PolicyRule[];
}

export const noRules: LiveRules = { parsers: [], policies: [] };

/** A rule as the API shows it. */
export interface KeptRule {
  readonly name: string;
  readonly position: number;
  readonly version: number;
  readonly updatedMs: number;
  readonly updatedBy: string;
  readonly rule: Readonly<Record<string, unknown>>;
}

export interface RuleChange {
  readonly tenant: string;
  readonly name: string;
  /** Without its name and tenant. */
  readonly rule: Readonly<Record<string, unknown>>;
  readonly position: number;
  readonly updatedBy: string;
  /** 0: it must be new; else the version that is changed. */
  readonly expectedVersion?: number | undefined;
}

export interface RuleBookOptions {
  readonly documents: Documents;
  /** Throws AppError where the gateway could not take it. */
  readonly checkParser: (rule: ParserRule) => void;
  readonly maxRulesPerTenant: number;
  readonly clock: Clock;
}

interface Body {
  readonly position: number;
  readonly rule: Readonly<Record<string, unknown>>;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

export class RuleBook {
  readonly #options: RuleBookOptions;
  #live: LiveRules = noRules;
  #listener: (rules: LiveRules) => void = () => undefined;
  /** Changes run one behind the other, so that what is told is what is kept. */
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(options: RuleBookOptions) {
    this.#options = options;
  }

  static async open(options: RuleBookOptions): Promise<RuleBook> {
    const book = new RuleBook(options);
    await book.#load();
    return book;
  }

  get live(): LiveRules {
    return this.#live;
  }

  /** Tells of every change from now on. */
  onChange(listener: (rules: LiveRules) => void): void {
    this.#listener = listener;
  }

  async list(kind: RuleKind, tenant: string): Promise<KeptRule[]> {
    return (await this.#options.documents.list(kind, tenant)).map(keptRule).sort(byPosition);
  }

  async find(kind: RuleKind, tenant: string, name: string): Promise<KeptRule> {
    const document = await this.#options.documents.find(kind, tenant, name);
    if (document === undefined) throw missing(kind, name);
    return keptRule(document);
  }

  /** @throws AppError bad_request, query_syntax … for a bad rule, conflict for another version, limit_exceeded */
  put(kind: RuleKind, change: RuleChange): Promise<KeptRule> {
    return this.#inTurn(async () => {
      const { tenant, name, rule, position, updatedBy, expectedVersion } = change;
      if (!namePattern.test(name))
        throw new AppError('bad_request', 'a name is 1 to 100 letters, digits, "_", "." or "-", beginning with a letter or digit');
      this.#check(kind, { ...rule, name, tenant });
      const { documents, clock, maxRulesPerTenant } = this.#options;
      const others = (await documents.list(kind, tenant)).filter((document) => document.name !== name);
      if (others.length >= maxRulesPerTenant) {
        throw new AppError('limit_exceeded', `a tenant has at most ${maxRulesPerTenant} rules of a kind`, {
          details: { setting: 'policies.max_rules_per_tenant', limit: maxRulesPerTenant },
        });
      }
      const body: Body = { position, rule };
      const document = await documents.put({ kind, tenant, name, body, updatedMs: clock.nowMs(), updatedBy }, expectedVersion);
      await this.#load();
      return keptRule(document);
    });
  }

  /** @throws AppError not_found */
  remove(kind: RuleKind, tenant: string, name: string): Promise<void> {
    return this.#inTurn(async () => {
      if (!(await this.#options.documents.remove(kind, tenant, name))) throw missing(kind, name);
      await this.#load();
    });
  }

  #check(kind: RuleKind, rule: Readonly<Record<string, unknown>>): void {
    if (kind === 'policy') readPolicyRule(rule);
    else this.#options.checkParser(rule as unknown as ParserRule);
  }

  async #load(): Promise<void> {
    const { documents } = this.#options;
    const parsers = (await documents.list('parser')).toSorted(byPlace).map(ruleOf) as unknown as ParserRule[];
    const policies = (await documents.list('policy')).toSorted(byPlace).map(ruleOf) as unknown as PolicyRule[];
    this.#live = { parsers, policies };
    this.#listener(this.#live);
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#lastChange.then(change);
    this.#lastChange = done.catch(() => undefined);
    return done;
  }
}

const bodyOf = ({ body }: StoredDocument): Body => body as Body;
const ruleOf = (document: StoredDocument): object => ({ ...bodyOf(document).rule, name: document.name, tenant: document.tenant });

function keptRule(document: StoredDocument): KeptRule {
  const { name, version, updatedMs, updatedBy } = document;
  return { name, version, updatedMs, updatedBy, ...bodyOf(document) };
}

const byPosition = (a: KeptRule, b: KeptRule): number => a.position - b.position || (a.name < b.name ? -1 : 1);
const byPlace = (a: StoredDocument, b: StoredDocument): number => byPosition(keptRule(a), keptRule(b));

function missing(kind: RuleKind, name: string): AppError {
  return new AppError('not_found', `there is no ${kind} "${name}"`);
}
