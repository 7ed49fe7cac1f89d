/** The way of lines to where they are kept: the log, the engine, the store, and the indexer from one to the other. */
import { Indexer, indexerName } from '#consumers/indexer/indexer.ts';
import { Replay } from '#consumers/indexer/replay.ts';
import type { QuarantineKeeper } from '#consumers/quarantine/quarantine.ts';
import { ClickHouseHttp } from '#engine/clickhouse-http.ts';
import { EngineInserter } from '#engine/engine-insert.ts';
import { EngineSupervisor } from '#engine/engine-supervisor.ts';
import type { RuleBook } from '#ingest/rule-book.ts';
import { openWalLog } from '#log/wal.ts';
import type { WalLog } from '#log/wal.ts';
import type { PatternCatalogue } from '#patterns/pattern-catalogue.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import { ClickHouseStore } from '#store/clickhouse.ts';
import { reparserOf } from './rules.ts';
import type { Site } from './site.ts';

export async function openLog({ config, logger, closers, directory }: Site): Promise<WalLog> {
  const log = await openWalLog({
    directory: directory.part('log'),
    files: nodeFiles,
    clock: systemClock,
    logger,
    config: config.log,
    holders: [indexerName],
  });
  closers.add('log', () => log.close());
  return log;
}

export async function startEngine({ config, logger, closers, directory }: Site): Promise<EngineSupervisor> {
  const engine = await EngineSupervisor.start({ config: config.engine, dataPath: directory.part('engine'), logger });
  closers.add('engine', () => engine.stop());
  return engine;
}

export async function openStore(
  { config, logger, closers, directory }: Site,
  engine: EngineSupervisor,
  log: WalLog,
): Promise<ClickHouseStore> {
  const client = new ClickHouseHttp({
    endpoint: { socketPath: engine.socketPath },
    requestTimeoutMs: config.store.flush_timeout,
  });
  closers.add('engine client', () => client.close());
  const store = await ClickHouseStore.open({
    client,
    blocks: new EngineInserter(client, engine.spoolPath),
    directory: directory.part('store'),
    incarnation: log.incarnation,
    files: nodeFiles,
    clock: systemClock,
    logger,
    config: config.store,
  });
  await store.prepare();
  return store;
}

export function startIndexing(
  { config, logger, closers }: Site,
  engine: EngineSupervisor,
  log: WalLog,
  store: ClickHouseStore,
  { quarantine, rules, patterns }: { readonly quarantine: QuarantineKeeper; readonly rules: RuleBook; readonly patterns: PatternCatalogue },
): { indexer: Indexer; replay: Replay } {
  const waitForEngine = (signal: AbortSignal): Promise<void> => engine.whenReady(signal);
  const indexer = new Indexer({ log, store, quarantine, config: config.store, clock: systemClock, logger, waitForEngine });
  const replay = new Replay({
    log,
    replacer: store.replacer,
    committed: () => store.sink.committed,
    portionRows: config.store.flush_rows,
    portionBytes: config.store.flush_bytes,
    reparse: reparserOf(config, rules, patterns),
    logger,
  });
  const unwatch = engine.onStateChange(({ status }) => {
    if (status === 'down') store.engineLost();
  });
  store.onDamagedPart((part) => engine.restart(`its part ${part} is damaged`));
  closers.add('engine watch', () => {
    unwatch();
    // The engine is about to end: a flush that this breaks off may not be tried again and again, the next start replays its lines.
    store.engineLost();
  });
  indexer.start();
  closers.add('indexer', () => indexer.stop());
  closers.add('replay', () => replay.stop());
  return { indexer, replay };
}
