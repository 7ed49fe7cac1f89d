/** What lies where in the data directory. */
import type { DataDirectory } from '#platform/data-directory.ts';

export interface DataLayout {
  readonly log: string;
  readonly engine: string;
  readonly store: string;
}

export const layoutOf = (directory: DataDirectory): DataLayout => ({
  log: directory.part('log'),
  engine: directory.part('engine'),
  store: directory.part('store'),
});
