/** The quarantine as the server puts it together: its database, and its way back into ingestion. */
import { join } from 'node:path';
import { AppError } from '#base/errors.ts';
import type { Indexer } from '#consumers/indexer/indexer.ts';
import { QuarantineDatabase } from '#consumers/quarantine/quarantine-database.ts';
import { QuarantineKeeper } from '#consumers/quarantine/quarantine.ts';
import { createResubmitClient } from '#consumers/quarantine/resubmit-client.ts';
import { parseFilters } from '#language/filters.ts';
import type { WalLog } from '#log/wal.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import { replayedFrom } from '#receivers/resubmit/routes.ts';
import type { ClickHouseStore } from '#store/clickhouse.ts';
import type { Gateway } from './gateway.ts';
import type { LateParts } from './operations.ts';
import type { Site } from './site.ts';

/** Every time that a line can have. */
const everything = { fromNs: 0n, toNs: 2n ** 63n - 1n };

export async function openQuarantine(
  { config, logger, closers, directory }: Site,
  log: WalLog,
  late: LateParts,
  headers: Readonly<Record<string, string>>,
): Promise<QuarantineKeeper> {
  await nodeFiles.makeDirectory(directory.part('quarantine'));
  const database = new QuarantineDatabase(join(directory.part('quarantine'), 'quarantine.db'));
  closers.add('quarantine', () => database.close());
  const resubmit = createResubmitClient({ url: () => reachableUrl(late.gateway), headers, fetch });
  const quarantine = new QuarantineKeeper({
    database,
    incarnation: log.incarnation,
    config: config.quarantine,
    resubmit,
    clock: systemClock,
    logger,
  });
  quarantine.expire();
  return quarantine;
}

/** Once all lines are found, they tell what became of replays that a crash left without an answer. */
export function settleReplays({ logger }: Site, indexer: Indexer, store: ClickHouseStore, quarantine: QuarantineKeeper): void {
  const limits = { timeoutMs: 60_000, maxMemoryBytes: 2 ** 30, maxScannedRows: Number.MAX_SAFE_INTEGER };
  const countOf = async (tenant: string, id: string): Promise<number> => {
    const where = parseFilters({ [replayedFrom]: id });
    return (await store.countLines({ tenant, where, range: everything }, { limits })).total;
  };
  indexer
    .indexed()
    .then(() => quarantine.settle(countOf))
    .catch((error: unknown) =>
      logger.warn({ error: String(error) }, 'replays left over from a crash are not settled; they are at the next start'),
    );
}

/** On the address that everyone uses; where that is all addresses, on loopback. */
export function reachableUrl(gateway: Gateway | undefined): string {
  if (gateway === undefined) throw new AppError('shutting_down', 'the gateway is not listening yet', { retryAfterMs: 1000 });
  const { host, port } = gateway;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
