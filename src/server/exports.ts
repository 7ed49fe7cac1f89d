/** Exports in the background: opened beside the log, written through search, stopped before it. */
import { randomBytes } from 'node:crypto';
import type { Documents } from '#metadata/documents.ts';
import { nodeFiles } from '#platform/files.ts';
import { ExportJobs } from '#search/export-jobs.ts';
import type { SearchService } from '#search/search-service.ts';
import type { Site } from './site.ts';

export async function startExports(
  { config, logger, closers, directory }: Site,
  { runner }: SearchService,
  documents: Documents,
): Promise<ExportJobs> {
  const exports = new ExportJobs({
    runner,
    documents,
    directory: directory.part('exports'),
    files: nodeFiles,
    config: config.exports,
    logger,
    randomId: () => randomBytes(9).toString('base64url'),
  });
  await exports.start();
  closers.add('exports', () => exports.stop());
  return exports;
}
