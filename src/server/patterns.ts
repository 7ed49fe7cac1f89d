/** The catalogue of patterns, kept beside the other metadata. */
import { join } from 'node:path';
import { openSqlitePatternTemplates } from '#metadata/sqlite.ts';
import { PatternCatalogue } from '#patterns/pattern-catalogue.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import type { Site } from './site.ts';

export const patternsDatabasePath = ({ directory }: Site): string => join(directory.part('metadata'), 'patterns.db');

export async function openPatterns(site: Site): Promise<PatternCatalogue> {
  const { config, closers, directory, logger } = site;
  await nodeFiles.makeDirectory(directory.part('metadata'));
  const catalogue = await PatternCatalogue.open({
    templates: await openSqlitePatternTemplates(patternsDatabasePath(site)),
    maxTemplates: config.patterns.max_templates,
    clock: systemClock,
    logger,
  });
  closers.add('patterns', () => catalogue.close());
  return catalogue;
}
