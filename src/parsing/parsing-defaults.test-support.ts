/** The settings of parsing as they are by default, for tests. */
import type { ParsingConfig } from './config.ts';
import { parsingConfig } from './config.ts';

export const parsingDefaults: ParsingConfig = Object.fromEntries(
  Object.entries(parsingConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
) as ParsingConfig;
