/**
 * Gives each row of a batch the id of its message's template, in one go before the batch is written: what finding needs
 * stays in the processor's caches from row to row. Called by gateway workers, and for lines that are parsed again.
 */
import type { LogBatchBuilder } from '#model/log-batch.ts';
import type { PatternMiner } from './pattern-miner.ts';

const fnvOffset = 0x811c9dc5 | 0;
const fnvPrime = 0x01000193;
const goldenRatio = 0x9e3779b9;
const textEncoder = new TextEncoder();

export function findPatterns(miner: PatternMiner, rows: LogBatchBuilder, tenant: string): void {
  const { services, serviceIndexes, message } = rows;
  const { bytes } = message.arena;
  const seeds = seedsOf(rows, tenant);
  let service = 0;
  const serviceName = (): string => services.textOf(service);
  let at = 0;
  // rows behind the last message have none
  for (let row = 0; row < message.rows; row++) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    const start = at;
    at += length;
    if (length === 0) continue;
    service = serviceIndexes[row];
    const seed = seeds[service];
    miner.find(bytes, start, at, seed, seed ^ goldenRatio, tenant, serviceName);
    if ((miner.high | miner.low) !== 0) rows.setPattern(row, miner.high, miner.low);
  }
}

/** A hash of the tenant and of each service of the batch. */
function seedsOf({ services }: LogBatchBuilder, tenant: string): Int32Array {
  const tenantBytes = textEncoder.encode(tenant);
  const tenantSeed = hashOf(tenantBytes, 0, tenantBytes.length, fnvOffset);
  const { bytes } = services.arena;
  return Int32Array.from({ length: services.count }, (_, index) => {
    const start = services.startOf(index);
    return hashOf(bytes, start, start + services.lengthOf(index), tenantSeed);
  });
}

function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], fnvPrime);
  return hash;
}
