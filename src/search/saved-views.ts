/**
 * What people keep of their searches: saved queries and dashboards by name, and links to a view by a short id. A link
 * freezes its range: whoever opens it sees what its maker saw.
 */
import { AppError } from '#base/errors.ts';
import type { DocumentKind, Documents, StoredDocument } from '#metadata/documents.ts';
import type { Clock } from '#platform/clock.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import type { SearchConfig } from './config.ts';
import { resolveTimeRange } from './time-range.ts';
import type { TimeRangeSpec } from './time-range.ts';

/** Views that have a name. */
export type NamedView = Extract<DocumentKind, 'query' | 'dashboard'>;

export interface SavedView {
  readonly name: string;
  readonly version: number;
  readonly updatedMs: number;
  readonly updatedBy: string;
  /** What the interface keeps there: query, filters, time range, columns, panels … */
  readonly view: Readonly<Record<string, unknown>>;
}

export interface SavedViewsOptions {
  readonly documents: Documents;
  readonly config: Pick<SearchConfig, 'default_range' | 'future_allowance' | 'max_saved_views' | 'max_saved_view_bytes'>;
  /** Ids of links: must not be guessed. */
  readonly randomId: () => string;
  readonly clock: Clock;
}

export interface ViewChange {
  readonly tenant: string;
  readonly name: string;
  readonly view: Readonly<Record<string, unknown>>;
  readonly updatedBy: string;
  /** 0: it must be new; else the version that is changed. */
  readonly expectedVersion?: number | undefined;
}

const namePattern = /^[^/\p{Cc}]{1,100}$/u;

export class SavedViews {
  readonly #options: SavedViewsOptions;

  constructor(options: SavedViewsOptions) {
    this.#options = options;
  }

  async list(kind: NamedView, tenant: string): Promise<SavedView[]> {
    return (await this.#options.documents.list(kind, tenant)).map(savedView);
  }

  /** The newest version, or the one that is asked for. @throws AppError not_found */
  async find(kind: NamedView, tenant: string, name: string, version?: number): Promise<SavedView> {
    const all = await this.#options.documents.history(kind, tenant, name);
    const found = version === undefined ? all[0] : all.find((document) => document.version === version);
    if (found === undefined)
      throw new AppError('not_found', `there is no ${kind} "${name}"${version === undefined ? '' : ` of version ${version}`}`);
    return savedView(found);
  }

  async versions(kind: NamedView, tenant: string, name: string): Promise<SavedView[]> {
    return (await this.#options.documents.history(kind, tenant, name)).map(savedView);
  }

  /** @throws AppError bad_request, conflict for another version, limit_exceeded */
  async put(kind: NamedView, change: ViewChange): Promise<SavedView> {
    const { documents } = this.#options;
    const { tenant, name, expectedVersion } = change;
    if (!namePattern.test(name)) throw new AppError('bad_request', 'a name has 1 to 100 characters, without "/" and control characters');
    this.#mustFit(change.view);
    if ((await documents.find(kind, tenant, name)) === undefined) await this.#mustHaveRoom(kind, tenant);
    return savedView(await documents.put(this.#document(kind, change), expectedVersion));
  }

  /** @throws AppError not_found */
  async remove(kind: NamedView, tenant: string, name: string): Promise<void> {
    if (!(await this.#options.documents.remove(kind, tenant, name))) throw new AppError('not_found', `there is no ${kind} "${name}"`);
  }

  /** A link to the view as it is now: a relative range becomes the one that it means at this moment. */
  async link(tenant: string, view: Readonly<Record<string, unknown>>, updatedBy: string): Promise<SavedView> {
    const { documents, config, clock, randomId } = this.#options;
    const range = resolveTimeRange(
      (view['time_range'] ?? undefined) as TimeRangeSpec | undefined,
      { nowMs: clock.nowMs(), openEnd: 'now' },
      config,
    );
    const frozen = { ...view, time_range: { from: formatTimestamp(range.fromNs), to: formatTimestamp(range.toNs) } };
    this.#mustFit(frozen);
    await this.#mustHaveRoom('link', tenant);
    return savedView(await documents.put(this.#document('link', { tenant, name: randomId(), view: frozen, updatedBy }), 0));
  }

  /** @throws AppError not_found */
  async openLink(tenant: string, id: string): Promise<SavedView> {
    const document = await this.#options.documents.find('link', tenant, id);
    if (document === undefined) throw new AppError('not_found', 'there is no such link');
    return savedView(document);
  }

  #document(kind: DocumentKind, { tenant, name, view, updatedBy }: ViewChange): Omit<StoredDocument, 'version'> {
    return { kind, tenant, name, body: view, updatedMs: this.#options.clock.nowMs(), updatedBy };
  }

  #mustFit(view: object): void {
    const { max_saved_view_bytes: limit } = this.#options.config;
    if (JSON.stringify(view).length <= limit) return;
    throw new AppError('limit_exceeded', `a view has at most ${limit} bytes`, {
      details: { setting: 'search.max_saved_view_bytes', limit },
    });
  }

  async #mustHaveRoom(kind: DocumentKind, tenant: string): Promise<void> {
    const { documents, config } = this.#options;
    if ((await documents.list(kind, tenant)).length < config.max_saved_views) return;
    throw new AppError('limit_exceeded', `a tenant keeps at most ${config.max_saved_views} of a kind`, {
      details: { setting: 'search.max_saved_views', limit: config.max_saved_views },
    });
  }
}

function savedView({ name, version, updatedMs, updatedBy, body }: StoredDocument): SavedView {
  return { name, version, updatedMs, updatedBy, view: body as SavedView['view'] };
}
