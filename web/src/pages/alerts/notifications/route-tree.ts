/** A route of the tree, however deep, as people set it. */
import type { Route } from '../../../api/operations.ts';

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
