/** A running engine in a directory of its own, for tests and benches of this module and of those above it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '#platform/logger.ts';
import type { Logger } from '#platform/logger.ts';
import { engineConfig } from './config.ts';
import type { EngineConfig } from './config.ts';
import { createEngineClient } from './official-client.test-support.ts';
import type { ClickHouseClient } from './official-client.test-support.ts';
import { EngineSupervisor } from './engine-supervisor.ts';

export interface TestEngine {
  readonly dataPath: string;
  readonly supervisor: EngineSupervisor;
  readonly client: ClickHouseClient;
  /** Stops the engine and removes its data. */
  stop(): Promise<void>;
}

/** The settings' defaults with some of them changed. */
export function engineConfigWith(changes: Partial<EngineConfig> = {}): EngineConfig {
  const defaults = Object.entries(engineConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]);
  return { ...(Object.fromEntries(defaults) as EngineConfig), ...changes };
}

/** Starts an engine; small by default: a memory limit of 2 GiB. */
export async function startTestEngine(changes: Partial<EngineConfig> = {}, logger: Logger = silentLogger): Promise<TestEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-engine-'));
  const dataPath = join(directory, 'engine');
  const supervisor = await EngineSupervisor.start({ config: engineConfigWith({ max_memory: 2 ** 31, ...changes }), dataPath, logger });
  const client = createEngineClient({ socketPath: supervisor.socketPath });
  return {
    dataPath,
    supervisor,
    client,
    async stop() {
      await client.close();
      await supervisor.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
