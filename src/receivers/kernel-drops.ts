/**
 * Datagrams that the kernel threw away because a socket's buffer was full: the `drops` column of /proc/net/udp and udp6
 * (Linux; elsewhere nothing is known). Several workers may listen at one address, and Node does not tell which of its
 * sockets is whose, so one of them counts for all: the one that holds the lock of that address.
 */
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { locks } from 'node:worker_threads';
import type { Clock } from '#platform/clock.ts';

/** Dropped datagrams by the socket's inode, of sockets bound to the port. `table` is the text of /proc/net/udp{,6}. */
export function parseSocketDrops(table: string, port: number): Map<string, number> {
  const drops = new Map<string, number>();
  for (const line of table.split('\n').slice(1)) {
    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ref pointer drops
    const columns = line.trim().split(/\s+/);
    if (columns.length < 13 || Number.parseInt(columns[1].split(':')[1], 16) !== port) continue;
    drops.set(columns[9], Number(columns[12]));
  }
  return drops;
}

/** What came since the last call, by what was seen then; `known` is brought up to date. */
export function newDrops(known: Map<string, number>, seen: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [inode, drops] of seen) sum += Math.max(0, drops - (known.get(inode) ?? 0));
  known.clear();
  for (const [inode, drops] of seen) known.set(inode, drops);
  return sum;
}

export interface KernelDropsOptions {
  readonly host: string;
  readonly port: number;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly onDrops: (count: number) => void;
}

/** Counts until stopped; `stop` looks a last time, so it comes before the socket is closed. */
export function watchKernelDrops(options: KernelDropsOptions): { stop(): Promise<void> } {
  const { host, port, intervalMs, clock, onDrops } = options;
  const stopped = new AbortController();
  const table = isIPv6(host) ? '/proc/net/udp6' : '/proc/net/udp';
  const known = new Map<string, number>();
  const look = async (): Promise<number> => {
    const text = await readFile(table, 'latin1').catch(() => '');
    return newDrops(known, parseSocketDrops(text, port));
  };
  const count = async (): Promise<void> => {
    const drops = await look();
    if (drops > 0) onDrops(drops);
  };
  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(intervalMs, stopped.signal);
      await count();
    }
  };
  const lockName = `millrace-kernel-drops-${host}-${port}`;
  const watching = (async () => {
    const wasFirst = await locks.request(lockName, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await watch();
      return lock !== null;
    });
    if (wasFirst) return;
    await locks
      .request(lockName, { signal: stopped.signal }, async () => {
        // the one before has counted these
        await look();
        await watch();
      })
      .catch(() => undefined);
  })();
  return {
    async stop() {
      stopped.abort();
      await watching;
    },
  };
}
