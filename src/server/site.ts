import type { Logger } from '#platform/logger.ts';
import type { DataDirectory } from '#platform/data-directory.ts';
import type { Closers } from './closers.ts';
import type { Config } from './config.ts';

/** What the parts share while they are put together. */
export interface Site {
  readonly config: Config;
  readonly logger: Logger;
  readonly closers: Closers;
  readonly directory: DataDirectory;
  readonly startedMs: number;
}
