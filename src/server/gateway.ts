/**
 * The gateway from the main thread: starts its workers, hears of commits and counts, starts a crashed worker again, and
 * stops them all.
 *
 * Invariants: a shard has one writer in the life of the process (a worker in place of a crashed one gets a fresh shard); the port is
 * proven free before the first worker listens, so "port in use" is one clear error.
 */
import { availableParallelism } from 'node:os';
import { plainAccess } from '#access/access.ts';
import type { AccessConfig } from '#access/config.ts';
import { AppError } from '#base/errors.ts';
import { maxShards } from '#base/ids.ts';
import type { PressureFacts } from '#ingest/pressure.ts';
import type { Clock } from '#platform/clock.ts';
import { proveFree, whyNotListening } from './gateway/prove-free.ts';
import { addCounts, zeroCounts } from './gateway/counters.ts';
import type { GatewayCounts } from './gateway/counters.ts';
import type { FiguresQuestion } from './gateway/figure-answers.ts';
import type { GatewayWorkerConfig, RecentBatch, ShardStart } from './gateway/messages.ts';
import type { ListenerStatus } from './gateway/receiver-listeners.ts';
import type { LiveRules } from '#ingest/rule-book.ts';
import type { StreamFacts } from './gateway/worker-intake.ts';
import { WorkerKeeper } from './gateway/worker-keeper.ts';
import type { WorkerKeeperOptions } from './gateway/worker-keeper.ts';

export type { FiguresQuestion, GatewayCounts, GatewayWorkerConfig, ListenerStatus, LiveRules, RecentBatch, ShardStart, StreamFacts };

/** What is the same for all workers, whose config is made of this one's. */
export interface GatewayOptions extends Omit<WorkerKeeperOptions, 'config' | 'claimShard' | 'reusePort' | 'onCounts'> {
  readonly config: Omit<GatewayWorkerConfig, 'access'> & { readonly access: AccessConfig };
}

export interface GatewayStatus {
  readonly workers: number;
  readonly listening: number;
  readonly restarts: number;
  /** The receivers' own ports. */
  readonly listeners: readonly ListenerStatus[];
}

export interface Gateway {
  readonly host: string;
  readonly port: number;
  /** Sums over all workers since the start, at most about a second old. */
  counts(): GatewayCounts;
  /** The same, after asking every worker; a worker that does not answer in time is left out. */
  freshCounts(): Promise<GatewayCounts>;
  status(): GatewayStatus;
  /** Rules of the API, in place of the last ones; workers take them at once. */
  setRules(rules: LiveRules): void;
  /** What each worker knew of its streams at the last `freshCounts`. */
  streams(): readonly StreamFacts[];
  /** To be told about once a second. */
  setPressure(facts: PressureFacts): void;
  /** Finishes requests in flight and closes the shards. */
  stop(): Promise<void>;
}

const maxFreshWaitMs = 500;

/** Number of workers that the setting means on this machine. */
export function workerCount(setting: number, cores: number = availableParallelism()): number {
  return setting > 0 ? setting : Math.max(1, Math.floor(cores / 2));
}

/** Rejects with `invalid_configuration` where the address cannot be listened on, naming the setting. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, clock, logger } = options;
  const { host } = config.gateway;
  const maxTenants = config.gateway.max_counted_tenants;
  const count = workerCount(config.gateway.workers);
  const total = zeroCounts();
  const { gateway, ingest, log, receivers, parsing, patterns, policies, quarantine, metrics_cache } = config;
  const plain = { gateway, ingest, log, receivers, parsing, patterns, policies, quarantine, metrics_cache };
  const workerConfig = { ...plain, access: plainAccess(config.access) };
  await mustBeFree(host, config.gateway.port);

  let nextShard = 0;
  const keeperOptions: WorkerKeeperOptions = {
    ...options,
    config: workerConfig,
    reusePort: count > 1,
    onCounts: (part) => addCounts(total, part, maxTenants),
    claimShard() {
      if (nextShard >= maxShards)
        throw new AppError('log_unavailable', `all ${maxShards} shards of the log have been used; restart the server`);
      return nextShard++;
    },
  };
  const keepers = Array.from({ length: count }, () => new WorkerKeeper(keeperOptions));
  const port = await startKeepers(keepers, config.gateway.port);
  logger.info({ host, port, workers: count }, 'gateway is listening');
  for (const { name, host: address, port: wanted, setting, problem } of keepers[0].listeners) {
    if (problem !== undefined)
      logger.warn({ listener: name, setting }, `cannot listen on ${address}, port ${wanted} for ${name}: ${problem}`);
  }
  return runningGateway({ host, port, keepers, total, clock });
}

/** The port that all listen on: the first one decides it where any will do, the others join it. */
async function startKeepers(keepers: readonly WorkerKeeper[], wanted: number): Promise<number> {
  try {
    const port = await keepers[0].start(wanted);
    const listenerPorts = Object.fromEntries(keepers[0].listeners.map((listener) => [listener.name, listener.port]));
    await Promise.all(keepers.slice(1).map((keeper) => keeper.start(port, listenerPorts)));
    return port;
  } catch (error) {
    await Promise.allSettled(keepers.map((keeper) => keeper.stop()));
    throw error;
  }
}

interface RunningParts {
  readonly host: string;
  readonly port: number;
  readonly keepers: readonly WorkerKeeper[];
  /** Sums over all workers, which grow as they report. */
  readonly total: GatewayCounts;
  readonly clock: Clock;
}

function runningGateway({ host, port, keepers, total, clock }: RunningParts): Gateway {
  return {
    host,
    port,
    counts: () => structuredClone(total),
    async freshCounts() {
      const timedOut = new AbortController();
      const answers = Promise.all(keepers.map((keeper) => keeper.report()));
      await Promise.race([answers, clock.sleep(maxFreshWaitMs, timedOut.signal)]);
      timedOut.abort();
      return structuredClone(total);
    },
    status: () => ({
      workers: keepers.length,
      listening: keepers.filter((keeper) => keeper.isListening).length,
      restarts: keepers.reduce((sum, keeper) => sum + keeper.restarts, 0),
      listeners: keepers[0].listeners,
    }),
    setRules(rules) {
      for (const keeper of keepers) keeper.setRules(rules);
    },
    streams: () => keepers.map((keeper) => keeper.streams),
    setPressure(facts) {
      for (const keeper of keepers) keeper.setPressure(facts);
    },
    async stop() {
      await Promise.all(keepers.map((keeper) => keeper.stop()));
    },
  };
}

async function mustBeFree(host: string, port: number): Promise<void> {
  try {
    await proveFree('tcp', host, port);
  } catch (cause) {
    const setting = ['EADDRINUSE', 'EACCES'].includes((cause as NodeJS.ErrnoException).code ?? '') ? 'gateway.port' : 'gateway.host';
    throw new AppError('invalid_configuration', `cannot listen on ${host}, port ${port}: ${whyNotListening(cause)}`, {
      details: { setting, host, port },
      cause,
    });
  }
}
