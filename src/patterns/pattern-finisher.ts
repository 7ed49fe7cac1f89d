/** Gives each record the id of its message's template; the last step before a record becomes a row. */
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import type { PatternMiner } from './pattern-miner.ts';

const fnvOffset = 0x811c9dc5 | 0;
const fnvPrime = 0x01000193;
const goldenRatio = 0x9e3779b9;
const textEncoder = new TextEncoder();

/** The finisher of one tenant's batch. */
export function patternFinisher(miner: PatternMiner, tenant: string): RecordFinisher {
  const tenantBytes = textEncoder.encode(tenant);
  const tenantSeed = hashOf(tenantBytes, 0, tenantBytes.length, fnvOffset);
  let open: LogBatchBuilder | undefined;
  const serviceName = (): string => (open === undefined ? '' : open.services.textOf(open.serviceIndexes[open.rowCount]));
  return {
    finish(builder) {
      const { start, end } = builder.messageRange();
      if (end === start) return undefined;
      open = builder;
      const { services } = builder;
      const service = builder.serviceIndexes[builder.rowCount];
      const serviceStart = services.startOf(service);
      const seed = hashOf(services.arena.bytes, serviceStart, serviceStart + services.lengthOf(service), tenantSeed);
      miner.find(builder.message.arena.bytes, start, end, seed, seed ^ goldenRatio, tenant, serviceName);
      if ((miner.high | miner.low) !== 0) builder.setPattern(miner.high, miner.low);
      return undefined;
    },
  };
}

function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], fnvPrime);
  return hash;
}
