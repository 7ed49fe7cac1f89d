/** Sends ready bodies: as fast as they are taken, or at a rate. */
import type { Batch } from '../generator.ts';
import { ApiClient } from './api-client.ts';
import { Latencies } from './latencies.ts';

export interface LoadResult {
  readonly lines: number;
  readonly tookMs: number;
  readonly acks: Latencies;
  /** Answers 429 and 503 on the way. */
  readonly backpressure: number;
}

/** All bodies over some connections, each with the next body as soon as its last is taken. */
export async function sendAll(port: number, batches: Iterable<Batch>, connectionCount = 2): Promise<LoadResult> {
  const clients = Array.from({ length: connectionCount }, () => new ApiClient(port));
  const acks = new Latencies();
  const source = batches[Symbol.iterator]();
  const startMs = performance.now();
  let lines = 0;
  try {
    await Promise.all(
      clients.map(async (client) => {
        for (let next = source.next(); !next.done; next = source.next()) {
          acks.add(await client.ingest(next.value.body, next.value.lineCount));
          lines += next.value.lineCount;
        }
      }),
    );
  } finally {
    for (const client of clients) client.close();
  }
  return { lines, tookMs: performance.now() - startMs, acks, backpressure: sum(clients) };
}

export interface PacedOptions {
  readonly port: number;
  readonly batches: AsyncIterable<Batch> | Iterable<Batch>;
  readonly linesPerSecond: number;
  readonly connectionCount?: number;
  /** When sending begins; by default at once. */
  readonly startMs?: number;
  readonly onSend?: (batch: Batch, sentMs: number) => void;
  readonly onAck?: (batch: Batch, sentMs: number, ackMs: number) => void;
}

/**
 * Bodies at a steady rate, whatever the server does. Where all connections are busy when a body is due, its latency
 * counts from when it was due: a slow answer may not hide the wait of the next.
 */
export async function sendPaced({
  port,
  batches,
  linesPerSecond,
  connectionCount = 4,
  startMs = performance.now(),
  onSend,
  onAck,
}: PacedOptions): Promise<LoadResult> {
  const clients = Array.from({ length: connectionCount }, () => new ApiClient(port));
  const idle = [...clients];
  const acks = new Latencies();
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  let lines = 0;
  let dueMs = startMs;
  try {
    for await (const batch of batches) {
      await sleepUntil(dueMs);
      let sentMs = performance.now();
      if (idle.length === 0) {
        sentMs = dueMs;
        while (idle.length === 0) await Promise.race(underWay);
      }
      if (failure !== undefined) break;
      const client = idle.pop() as ApiClient;
      onSend?.(batch, sentMs);
      const sending: Promise<void> = client
        .ingest(batch.body, batch.lineCount)
        .then(
          () => {
            const ackMs = performance.now();
            acks.add(ackMs - sentMs);
            onAck?.(batch, sentMs, ackMs);
          },
          (error: unknown) => void (failure ??= error),
        )
        .finally(() => {
          idle.push(client);
          underWay.delete(sending);
        });
      underWay.add(sending);
      lines += batch.lineCount;
      dueMs += (1000 * batch.lineCount) / linesPerSecond;
    }
    await Promise.all(underWay);
    if (failure !== undefined) throw failure;
  } finally {
    for (const client of clients) client.close();
  }
  return { lines, tookMs: performance.now() - startMs, acks, backpressure: sum(clients) };
}

function sum(clients: readonly ApiClient[]): number {
  return clients.reduce((total, { backpressure }) => total + backpressure, 0);
}

async function sleepUntil(atMs: number): Promise<void> {
  const leftMs = atMs - performance.now();
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
}
