/** The state of the page, as its address holds it. */
import { choice, list, text, urlState } from '../../app/url-state.ts';
import type { StateOf, Update } from '../../app/url-state.ts';

export const refreshes = ['off', '10s', '30s', '1m', '5m'] as const;

export const dashboardsView = urlState({
  /** The range: `last`, or `from` and `to`; empty: what the dashboard opens with. */
  last: text(),
  from: text(),
  to: text(),
  refresh: choice(refreshes, '30s'),
  /** Chosen values: `service:checkout`. */
  var: list(),
  /** The one panel that is shown large. */
  panel: text(),
});

export type DashboardsState = StateOf<typeof dashboardsView>;
export type UpdateDashboards = Update<typeof dashboardsView>;

/** Field → value, of the variables that are chosen. */
export function chosenVariables({ var: chosen }: Pick<DashboardsState, 'var'>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    chosen.flatMap((one) => {
      const colon = one.indexOf(':');
      return colon <= 0 ? [] : [[one.slice(0, colon), one.slice(colon + 1)]];
    }),
  );
}

export function variableList(chosen: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(chosen).flatMap(([field, value]) => (value === '' ? [] : [`${field}:${value}`]));
}
