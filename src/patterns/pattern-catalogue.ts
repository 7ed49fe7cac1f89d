/**
 * What the ids of patterns mean, for all workers and over restarts. Lives in the main thread; workers tell what they learn
 * and are given all of it when they start.
 *
 * Invariants: an id never gets another meaning, its text only becomes more general; where two templates come to have the
 * same text, the older one stands for both, and lines keep the id that they were given (aliases are merged when read).
 * Bounded by `patterns.max_templates`: what is beyond is counted, and its lines are shown by an example.
 */
import type { PatternTemplates, StoredTemplate } from '#metadata/pattern-templates.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { LearntTemplate } from './pattern-miner.ts';
import { generalise, textOf } from './template.ts';
import type { PatternId } from './template.ts';

export interface PatternCatalogueOptions {
  readonly templates: PatternTemplates;
  readonly maxTemplates: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A pattern as readers see it. */
export interface KnownPattern {
  /** Of the template that stands for all with this text. */
  readonly id: PatternId;
  readonly text: string;
  readonly firstSeenMs: number;
  readonly services: readonly string[];
}

interface Entry {
  readonly tenant: string;
  readonly id: PatternId;
  readonly pieces: string[];
  readonly kinds: string;
  readonly firstSeenMs: number;
  readonly services: Set<string>;
  aliasOf: Entry | undefined;
  /** Templates that this one stands for. */
  readonly aliases: Entry[];
}

const maxServicesOfTemplate = 100;

export class PatternCatalogue {
  readonly #options: PatternCatalogueOptions;
  /** By id, which a tenant is part of. */
  readonly #entries = new Map<PatternId, Entry>();
  /** Tenant and text → the template that stands for it. */
  readonly #byText = new Map<string, Entry>();
  readonly #unsaved = new Set<Entry>();
  #saving: Promise<void> = Promise.resolve();
  /** Templates that were left out for want of room. */
  overflowing = 0;

  private constructor(options: PatternCatalogueOptions) {
    this.#options = options;
  }

  /** Reads what earlier runs have learnt. */
  static async open(options: PatternCatalogueOptions): Promise<PatternCatalogue> {
    const catalogue = new PatternCatalogue(options);
    const stored = await options.templates.all();
    for (const template of stored) catalogue.#restore(template);
    for (const { id, aliasOf } of stored) if (aliasOf !== undefined) catalogue.#rejoin(id, aliasOf);
    for (const entry of catalogue.#entries.values()) if (entry.aliasOf === undefined) catalogue.#byText.set(textKey(entry), entry);
    return catalogue;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Takes what a worker has learnt, and keeps it on disk soon. */
  learn(learnt: readonly LearntTemplate[]): void {
    for (const template of learnt) this.#learnOne(template);
    if (this.#unsaved.size > 0) this.#saving = this.#saving.then(() => this.#save());
  }

  /** All templates, for a worker that starts. */
  forMiners(): LearntTemplate[] {
    return [...this.#entries.values()]
      .filter(({ aliasOf }) => aliasOf === undefined)
      .flatMap(({ tenant, id, pieces, kinds, services }) =>
        [...services].map((service) => ({ tenant, service, id, pieces: [...pieces], kinds })),
      );
  }

  /** The pattern of an id that a line has, whichever template stands for it now. */
  find(tenant: string, id: PatternId): KnownPattern | undefined {
    const entry = this.#entries.get(id);
    return entry?.tenant === tenant ? knownPattern(entry.aliasOf ?? entry) : undefined;
  }

  /** Ids that lines of this pattern may have; the id itself where it is not known. */
  idsOf(id: PatternId): PatternId[] {
    const entry = this.#entries.get(id);
    if (entry === undefined) return [id];
    const standing = entry.aliasOf ?? entry;
    return [standing.id, ...standing.aliases.map((alias) => alias.id)];
  }

  /** Alias → id that stands for it, of one tenant. */
  aliasesOf(tenant: string): ReadonlyMap<PatternId, PatternId> {
    const aliases = new Map<PatternId, PatternId>();
    for (const entry of this.#entries.values()) {
      if (entry.tenant === tenant && entry.aliasOf !== undefined) aliases.set(entry.id, entry.aliasOf.id);
    }
    return aliases;
  }

  /** Resolves when all that was learnt is on disk. */
  async close(): Promise<void> {
    await this.#saving;
    await this.#save();
    await this.#options.templates.close();
  }

  #learnOne({ tenant, service, id, pieces, kinds }: LearntTemplate): void {
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      if (this.#entries.size >= this.#options.maxTemplates) {
        this.overflowing++;
        return;
      }
      const firstSeenMs = this.#options.clock.nowMs();
      entry = { tenant, id, pieces: [...pieces], kinds, firstSeenMs, services: new Set(), aliasOf: undefined, aliases: [] };
      this.#entries.set(id, entry);
    }
    this.#unsaved.add(entry);
    const standing = entry.aliasOf ?? entry;
    if (standing.services.size < maxServicesOfTemplate) standing.services.add(service);
    const oldKey = textKey(standing);
    if (standing.pieces.length === pieces.length && generalise(standing, pieces)) this.#unsaved.add(standing);
    if (this.#byText.get(oldKey) === standing) this.#byText.delete(oldKey);
    this.#settle(standing);
  }

  /** Finds the template of this text, joins the younger one to the older. */
  #settle(entry: Entry): void {
    const key = textKey(entry);
    const other = this.#byText.get(key);
    if (other === undefined || other === entry) {
      this.#byText.set(key, entry);
      return;
    }
    const [older, younger] = isOlder(other, entry) ? [other, entry] : [entry, other];
    this.#byText.set(key, older);
    for (const alias of [younger, ...younger.aliases]) {
      alias.aliasOf = older;
      older.aliases.push(alias);
      this.#unsaved.add(alias);
    }
    younger.aliases.length = 0;
    for (const service of younger.services) if (older.services.size < maxServicesOfTemplate) older.services.add(service);
    this.#unsaved.add(older);
  }

  #restore({ tenant, id, pieces, kinds, firstSeenMs, services }: StoredTemplate): void {
    const entry = { tenant, id, pieces: [...pieces], kinds, firstSeenMs, services: new Set(services), aliasOf: undefined, aliases: [] };
    this.#entries.set(id, entry);
  }

  #rejoin(id: PatternId, aliasOf: PatternId): void {
    const entry = this.#entries.get(id);
    const standing = this.#entries.get(aliasOf);
    if (entry === undefined || standing === undefined) return;
    entry.aliasOf = standing;
    standing.aliases.push(entry);
  }

  /** Nothing of a failed write is lost: it is tried again with the next. */
  async #save(): Promise<void> {
    const entries = [...this.#unsaved];
    this.#unsaved.clear();
    try {
      await this.#options.templates.put(entries.map(storedTemplate));
    } catch (error) {
      for (const entry of entries) this.#unsaved.add(entry);
      this.#options.logger.error({ templates: entries.length, error: String(error) }, 'templates of patterns cannot be kept');
    }
  }
}

/** At the same moment, the smaller id: so that it does not matter which of them was told first. */
const isOlder = (a: Entry, b: Entry): boolean => a.firstSeenMs < b.firstSeenMs || (a.firstSeenMs === b.firstSeenMs && a.id < b.id);

const textKey = ({ tenant, pieces }: Entry): string => `${tenant}\n${pieces.filter((_, i) => i % 2 === 1).join('\n')}`;

function knownPattern({ id, pieces, firstSeenMs, services, aliases }: Entry): KnownPattern {
  const first = aliases.reduce((earliest, alias) => Math.min(earliest, alias.firstSeenMs), firstSeenMs);
  return { id, text: textOf(pieces), firstSeenMs: first, services: [...services] };
}

function storedTemplate({ tenant, id, services, pieces, kinds, firstSeenMs, aliasOf }: Entry): StoredTemplate {
  const template = { tenant, id, services: [...services], pieces, kinds, firstSeenMs };
  return aliasOf === undefined ? template : { ...template, aliasOf: aliasOf.id };
}
