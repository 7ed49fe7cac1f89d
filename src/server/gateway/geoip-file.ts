/** The operator's GeoIP database: read at the start, and again when the file changes. */
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { geoipOf } from '#ingest/policies.ts';
import type { PlaceOfAddress } from '#ingest/policies.ts';
import type { Logger } from '#platform/logger.ts';

export interface GeoipWatch {
  readonly use: (placeOf: PlaceOfAddress) => void;
  readonly logger: Logger;
}

const checkIntervalMs = 10_000;

/** An empty path means none. A file that cannot be read is told, and the last one that could goes on. */
export function watchGeoip(path: string, { use, logger }: GeoipWatch): { stop(): void } {
  if (path === '') return { stop: () => undefined };
  const load = (): void => {
    readFile(path)
      .then((bytes) => use(geoipOf(bytes)))
      .catch((error: unknown) => logger.warn({ path, error: String(error) }, 'policies.geoip_database cannot be read'));
  };
  watchFile(path, { interval: checkIntervalMs, persistent: false }, load);
  load();
  return { stop: () => unwatchFile(path, load) };
}
