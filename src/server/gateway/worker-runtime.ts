/**
 * All of a gateway worker except its thread: shard writer, pipeline, receivers and HTTP server put together. Takes what
 * it needs, so that tests run it in their own thread over any log.
 */
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import { createIngestPipeline } from '#ingest/pipeline.ts';
import { lagHintOf, noPressure } from '#ingest/pressure.ts';
import type { PressureFacts } from '#ingest/pressure.ts';
import type { LogWriter } from '#log/durable-log.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { Clock } from '#platform/clock.ts';
import { decompress } from '#platform/decompress.ts';
import type { Logger } from '#platform/logger.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import { nativeRoutes } from '#receivers/native/routes.ts';
import type { NativeRouteOptions } from '#receivers/native/routes.ts';
import type { GatewayConfig } from '#server/gateway-config.ts';
import { countOutcomes, zeroCounts } from './counters.ts';
import type { GatewayCounts } from './counters.ts';
import { GatewayHttp } from './http-server.ts';

/** A shard's writer that knows how full the log is (`WalWriter`). */
export interface PressuredLogWriter extends LogWriter {
  readonly pressure: 'normal' | 'elevated' | 'full';
  setHeldBytes(heldBytes: number): void;
}

export interface WorkerRuntimeOptions {
  readonly config: { readonly gateway: GatewayConfig; readonly ingest: IngestConfig };
  readonly writer: PressuredLogWriter;
  readonly lastReceivedMs: number;
  /** Tenant that the sender may write to; throws AppError unauthenticated, forbidden. */
  readonly authenticate: (headers: IncomingHttpHeaders) => string;
  readonly apiSocketPath: string;
  readonly port: number;
  readonly reusePort: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface WorkerRuntime {
  readonly port: number;
  setPressure(facts: PressureFacts): void;
  /** What was counted since the last call. */
  takeCounts(): GatewayCounts;
  /** Takes no new requests, finishes those in flight, closes the shard. */
  stop(): Promise<void>;
}

/** Rejects where the port cannot be listened on; then the writer is closed. */
export async function startWorkerRuntime(options: WorkerRuntimeOptions): Promise<WorkerRuntime> {
  const { config, writer, clock, logger, apiSocketPath } = options;
  let counts = zeroCounts();
  let pressure = noPressure;

  const pipeline = createIngestPipeline({
    writer,
    clock,
    steps: [],
    maxClockSkewMs: config.ingest.max_clock_skew,
    lastReceivedMs: options.lastReceivedMs,
    onDurable: (tenant, outcomes) => countOutcomes(counts, tenant, outcomes, config.gateway.max_counted_tenants),
  });
  const routes = nativeRoutes({
    authenticate: options.authenticate,
    decode: nativeDecoder(config.ingest),
    pipeline,
    admit() {
      if (writer.pressure !== 'full') return;
      const details = { setting: 'log.refuse_ratio' };
      throw new AppError('log_full', 'the log is full of lines that are not yet indexed', {
        details,
        retryAfterMs: config.ingest.overload_retry_after,
      });
    },
    lagHint: () => lagHintOf(writer.pressure, pressure.lagMs, config.ingest),
  });
  const http = new GatewayHttp({
    config: config.gateway,
    ingestConfig: config.ingest,
    routes,
    apiSocketPath,
    decompress: (encoding, body, maxBytes, setting) => decompress(body, encoding, maxBytes, setting),
    counts: () => counts,
    clock,
    logger,
  });
  try {
    await listen(http.server, options);
  } catch (error) {
    await writer.close();
    throw error;
  }

  return {
    port: (http.server.address() as AddressInfo).port,
    setPressure(facts) {
      pressure = facts;
      writer.setHeldBytes(facts.heldBytes);
    },
    takeCounts() {
      const taken = counts;
      counts = zeroCounts();
      return taken;
    },
    async stop() {
      await http.stop();
      await writer.close();
    },
  };
}

function nativeDecoder(config: IngestConfig): NativeRouteOptions['decode'] {
  const decoder = new BatchDecoder(config);
  const builder = new LogBatchBuilder();
  return (format, body, defaults) => {
    // Rows are left over only where a step of the pipeline failed.
    if (builder.rowCount > 0) builder.clear();
    const { failed, errors } =
      format === 'json' ? decoder.decodeJson(body, defaults, builder) : decoder.decodeNdjson(body, defaults, builder);
    return { batch: builder, refusedCount: failed, errors };
  };
}

function listen(server: Server, options: WorkerRuntimeOptions): Promise<void> {
  const { host } = options.config.gateway;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port, reusePort: options.reusePort }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
