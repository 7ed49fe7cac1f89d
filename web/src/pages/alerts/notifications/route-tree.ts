/** A route of the tree, however deep, as people set it. */
import type { Matcher } from './use-notifications.ts';
import type { WeeklyWindow } from './weekly-windows.tsx';

export interface Route {
  readonly name?: string;
  readonly match?: readonly Matcher[];
  readonly active?: readonly WeeklyWindow[];
  readonly continue?: boolean;
  readonly channels?: readonly string[];
  readonly group_by?: readonly string[];
  readonly group_wait_ms?: number;
  readonly group_interval_ms?: number;
  readonly repeat_interval_ms?: number;
  readonly escalation?: readonly EscalationStep[];
  readonly routes?: readonly Route[];
}

export interface EscalationStep {
  readonly after_ms: number;
  readonly channels: readonly string[];
}

/** Routes below the root at most. */
export const deepest = 4;

/** With some members changed; what is empty or undefined is left out, and means the parent's. Pure. */
export function changedRoute(route: Route, changes: Partial<Route>): Route {
  const isThere = (value: unknown): boolean =>
    value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries({ ...route, ...changes }).filter(([, value]) => isThere(value)));
}

/** `/` is the root, `/0/2` the third below its first. Pure. */
export function pathBelow(path: string, index: number): string {
  return path === '/' ? `/${index}` : `${path}/${index}`;
}
