/** What the reads of one store share, made once. */
import type { Logger } from '#platform/logger.ts';
import type { StoreConfig } from '../config.ts';
import { AbsentNames } from './absent-names.ts';
import { CommittedCounts } from './count-lines.ts';
import type { Database } from './database.ts';
import { DensityCache } from './density.ts';
import type { ReadParts } from './find-lines.ts';
import { KeptRollups } from './kept-rollups.ts';
import { KnownNames } from './known-names.ts';
import type { RecentChanges } from './recent-changes.ts';

export function makeReadParts(database: Database, changes: RecentChanges, logger: Logger, config: StoreConfig): ReadParts {
  return {
    database,
    density: new DensityCache(database),
    absentNames: new AbsentNames(database, new KnownNames({ database, changes, logger })),
    committedCounts: new CommittedCounts(),
    keptRollups: new KeptRollups({ database, changes, logger, maxBytes: config.rollup_memory }),
  };
}
