/** A store on a real engine in a temporary directory, fed with batches as the gateway makes them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ClickHouseHttp } from '#engine/clickhouse-http.ts';
import { EngineInserter } from '#engine/engine-insert.ts';
import { EngineSupervisor } from '#engine/engine-supervisor.ts';
import { engineConfig } from '#engine/config.ts';
import { ingestConfig } from '#ingest/config.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { RecordFinisher } from '#model/log-batch.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import { silentLogger } from '#platform/logger.ts';
import { storeConfig } from '#store/config.ts';
import type { StoreConfig } from '#store/config.ts';
import type { InsertBatch } from '#store/line-sink.ts';
import { ClickHouseStore } from '../../src/store/clickhouse/clickhouse-store.ts';
import { BatchDecoder } from '../../src/receivers/native/decode.ts';
import { defaultsOf } from '../support/config-defaults.ts';

export interface StoreBed {
  readonly engine: EngineSupervisor;
  readonly directory: string;
  /** Opens the store as a start of the server does. */
  openStore(change?: Partial<StoreConfig>, incarnation?: number): Promise<ClickHouseStore>;
}

/** Starts an engine for the whole test; it ends with it. */
export async function storeBed(t: TestContext): Promise<StoreBed> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-store-'));
  const engine = await EngineSupervisor.start({
    config: defaultsOf(engineConfig),
    dataPath: join(directory, 'engine'),
    logger: silentLogger,
  });
  const client = new ClickHouseHttp({ endpoint: { socketPath: engine.socketPath } });
  t.after(async () => {
    client.close();
    await engine.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    engine,
    directory,
    openStore: (change = {}, incarnation = 1) =>
      ClickHouseStore.open({
        client,
        blocks: new EngineInserter(client, engine.spoolPath),
        directory: join(directory, 'store'),
        incarnation,
        files: nodeFiles,
        clock: systemClock,
        logger: silentLogger,
        config: { ...defaultsOf(storeConfig), ...change },
      }),
  };
}

const decoder = new BatchDecoder(defaultsOf(ingestConfig));
const builder = new LogBatchBuilder();

/** One frame's worth of records as the indexer inserts it; its position in shard 0 ends at `sequence + 1`. */
export function batchOf(records: readonly object[], sequence: number, tenant = 'default', receivedMs = Date.now()): InsertBatch {
  return batchOfTexts(
    records.map((record) => JSON.stringify(record)),
    sequence,
    tenant,
    receivedMs,
  );
}

/** The same of records as JSON texts, which can say what no value of JavaScript can. */
export function batchOfTexts(
  records: readonly string[],
  sequence: number,
  tenant = 'default',
  receivedMs = Date.now(),
  finisher?: RecordFinisher,
): InsertBatch {
  builder.finisher = finisher;
  decoder.decodeJson(Buffer.from(`{"logs":[${records.join(',')}]}`), {}, builder);
  const block = builder.finish({ tenant, receivedMs, origin: 64, seq: sequence, maxClockSkewMs: 30_000 });
  const accepted = { accepted: records.length, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
  return {
    blocks: [block],
    rowCount: records.length,
    byteCount: block.length,
    end: new Map([[0, sequence + 1]]),
    outcomes: new Map([[tenant, accepted]]),
  };
}
