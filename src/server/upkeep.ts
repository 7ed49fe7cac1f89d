/** What has to be done now and then: pressure told to the gateway, flushes that are due by age, trimming of the log. */
import type { Indexer } from '#consumers/indexer/indexer.ts';
import type { WalLog } from '#log/wal.ts';
import type { Logger } from '#platform/logger.ts';
import type { Gateway } from './gateway.ts';

export interface UpkeepParts {
  readonly gateway: Gateway;
  readonly log: WalLog;
  readonly indexer: Indexer;
  readonly store: { tick(): Promise<void> };
  readonly logger: Logger;
}

const tickMs = 1000;
const askEveryTicks = 10;

/** Runs until the returned function is called. */
export function startUpkeep({ gateway, log, indexer, store, logger }: UpkeepParts): () => void {
  let ticks = 0;
  const complain = (what: string) => (error: unknown) => logger.warn({ error: String(error) }, `${what} failed and will be tried again`);
  const timer = setInterval(() => {
    ticks += 1;
    if (ticks % askEveryTicks === 0) gateway.freshCounts().catch(complain('asking the gateway'));
    gateway.setPressure({ heldBytes: log.heldBytes, lagMs: indexer.status().lag_seconds * 1000 });
    store.tick().catch(complain('upkeep of the store'));
    log.trim().catch(complain('trimming the durable log'));
  }, tickMs);
  return () => clearInterval(timer);
}
