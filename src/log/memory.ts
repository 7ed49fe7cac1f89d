/** The durable log in memory, for simulations and for tests of consumers. */
export { MemoryLog, MemoryLogStorage } from './memory/memory-log.ts';
export type { MemoryLogOptions } from './memory/memory-log.ts';
