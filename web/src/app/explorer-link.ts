/** Addresses of the Explorer for what another page tells: "these lines". */
import { explorerView, timeParameters } from '../pages/explorer/explorer-view.ts';
import { changeFilter } from '../query-editor/edit-filters.ts';
import type { TimeChoice } from '../time-range/time-choice.ts';
import { hrefTo } from './url-state.ts';

export interface ExplorerTarget {
  /** Query language; what `fields` says comes besides. */
  readonly query?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly range: TimeChoice;
}

export function explorerHref({ query = '', fields = {}, range }: ExplorerTarget): string {
  const q = Object.entries(fields).reduce((text, [field, value]) => changeFilter(text, { field, value }, 'include'), query);
  return hrefTo('/explore', explorerView, { q, ...timeParameters(range) });
}
