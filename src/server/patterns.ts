/** The catalogue of patterns, kept beside the other metadata. */
import { join } from 'node:path';
import { openSqlitePatternTemplates } from '#metadata/sqlite.ts';
import { PatternCatalogue } from '#patterns/pattern-catalogue.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import type { Site } from './site.ts';

export async function openPatterns({ config, closers, directory, logger }: Site): Promise<PatternCatalogue> {
  const folder = directory.part('metadata');
  await nodeFiles.makeDirectory(folder);
  const catalogue = await PatternCatalogue.open({
    templates: await openSqlitePatternTemplates(join(folder, 'patterns.db')),
    maxTemplates: config.patterns.max_templates,
    clock: systemClock,
    logger,
  });
  closers.add('patterns', () => catalogue.close());
  return catalogue;
}
