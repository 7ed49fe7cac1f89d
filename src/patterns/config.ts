/** Settings of patterns (`patterns.*`): which lines are of one kind. */
import { bytes, decimal, flag, integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import type { MinerLimits } from './pattern-miner.ts';

export const patternsConfig = section('Every message gets the id of its template, so that lines can be counted by kind.', {
  enabled: flag(true, 'Find templates while lines are taken.'),
  min_similarity: decimal(0.7, 'Share of words that a line must have in common with its template.', { minimum: 0.1, maximum: 1 }),
  max_templates_per_service: integer(2000, 'Templates of one service; lines of further ones have no pattern.', {
    minimum: 1,
    maximum: 100_000,
  }),
  max_services: integer(1000, 'Services with templates, over all tenants; lines of further ones have no pattern.', { minimum: 1 }),
  max_templates: integer(
    50_000,
    'Templates that are kept, over all services and tenants; the text of further ones is told by an example.',
    {
      minimum: 100,
    },
  ),
  max_tokens: integer(64, 'Tokens of a message that count.', { minimum: 4, maximum: 512 }),
  max_message_bytes: bytes('1KiB', "Bytes of a message's first line that count.", { minimum: 64 }),
  cache_entries: integer(65_536, 'Masked messages whose template is remembered in each worker; 16 bytes each.', {
    minimum: 1024,
    maximum: 16_777_216,
  }),
  shape_entries: integer(8192, 'Shapes of messages that are remembered in each worker; 512 bytes each.', {
    minimum: 8,
    maximum: 1_048_576,
  }),
});

export type PatternsConfig = Static<typeof patternsConfig>;

/** The settings as a miner takes them. */
export const minerLimits = (config: PatternsConfig): MinerLimits => ({
  maxTokens: config.max_tokens,
  maxBytes: config.max_message_bytes,
  minSimilarity: config.min_similarity,
  maxTemplatesPerService: config.max_templates_per_service,
  maxServices: config.max_services,
  cacheEntries: config.cache_entries,
  shapeEntries: config.shape_entries,
});
