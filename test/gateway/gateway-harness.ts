/** For tests: a gateway worker in this thread over a log in memory, and an API behind it. Registers its own clean-up. */
import http from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AppError } from '#base/errors.ts';
import { ingestConfig } from '#ingest/config.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { FrameHeader } from '#log/durable-log.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLogger } from '#platform/logger.ts';
import type { SenderCredentials } from '#ingest/intake.ts';
import { policiesConfig } from '#ingest/policies-config.ts';
import type { PoliciesConfig } from '#ingest/policies-config.ts';
import { quarantineConfig } from '#ingest/quarantine-config.ts';
import { parsingConfig } from '#parsing/config.ts';
import { metricsCacheConfig } from '#consumers/service-metrics/config.ts';
import type { MetricsCacheConfig } from '#consumers/service-metrics/config.ts';
import { patternsConfig } from '#patterns/config.ts';
import { receiversConfig } from '#receivers/config.ts';
import type { ReceiversConfig } from '#receivers/config.ts';
import { gatewayConfig } from '#server/gateway-config.ts';
import type { GatewayConfig } from '#server/gateway-config.ts';
import { noRules } from '#ingest/rule-book.ts';
import { startWorkerRuntime } from '#server/gateway/worker-runtime.ts';
import type { PressuredLogWriter, WorkerRuntime, WorkerRuntimeOptions } from '#server/gateway/worker-runtime.ts';
import { defaultsOf, onFreePorts } from '../support/config-defaults.ts';

export interface AppendedFrame {
  readonly header: FrameHeader;
  readonly sequence: number;
  readonly payload: Buffer;
}

/** A log that keeps frames in memory; a test may make it wait, or refuse. */
export class MemoryLogWriter implements PressuredLogWriter {
  readonly shard = 0;
  readonly incarnation = 7;
  readonly frames: AppendedFrame[] = [];
  nextSequence = 0;
  pressure: 'normal' | 'elevated' | 'full' = 'normal';
  heldBytes = 0;
  closed = false;
  refusal: AppError | undefined;
  /** Appends wait for it. */
  durable: Promise<void> = Promise.resolve();

  async append(header: FrameHeader, payload: readonly Uint8Array[]): Promise<void> {
    const sequence = this.nextSequence++;
    const copy = Buffer.concat(payload);
    await this.durable;
    if (this.refusal !== undefined) throw this.refusal;
    this.frames.push({ header, sequence, payload: copy });
  }

  setHeldBytes(heldBytes: number): void {
    this.heldBytes = heldBytes;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

export interface TestGatewayOptions {
  readonly gateway?: Partial<GatewayConfig>;
  readonly ingest?: Partial<IngestConfig>;
  readonly receivers?: Partial<ReceiversConfig>;
  readonly policies?: Partial<PoliciesConfig>;
  readonly metricsCache?: Partial<MetricsCacheConfig>;
  /** The main thread's figures; every question is wrong where left out. */
  readonly askFigures?: WorkerRuntimeOptions['askFigures'];
  /** As where no keys are configured. */
  readonly isOpen?: boolean;
  /** Bad records are quarantined; refused where left out. */
  readonly quarantine?: boolean;
  readonly authenticate?: (credentials: SenderCredentials) => string;
  /** The API behind the gateway; none listens where left out. */
  readonly api?: RequestListener;
  readonly prepareApi?: (server: Server) => void;
}

export interface TestGateway {
  readonly runtime: WorkerRuntime;
  readonly writer: MemoryLogWriter;
  readonly port: number;
  readonly url: string;
  readonly apiSocketPath: string;
}

export async function startTestGateway(t: TestContext, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-gateway-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const apiSocketPath = join(directory, 'api.sock');
  if (options.api !== undefined || options.prepareApi !== undefined) {
    const api = http.createServer(options.api);
    options.prepareApi?.(api);
    await new Promise<void>((resolve) => api.listen(apiSocketPath, resolve));
    t.after(() => {
      api.close();
      api.closeAllConnections();
    });
  }
  const writer = new MemoryLogWriter();
  const gateway = { ...defaultsOf(gatewayConfig), stop_timeout: 500, ...options.gateway };
  const ingest = { ...defaultsOf(ingestConfig), ...options.ingest };
  const quarantine = { ...defaultsOf(quarantineConfig), enabled: options.quarantine ?? false };
  const receivers = { ...onFreePorts(defaultsOf(receiversConfig)), ...options.receivers };
  const runtime = await startWorkerRuntime({
    config: {
      gateway,
      ingest,
      receivers,
      quarantine,
      parsing: defaultsOf(parsingConfig),
      patterns: defaultsOf(patternsConfig),
      metrics_cache: { ...defaultsOf(metricsCacheConfig), ...options.metricsCache },
      policies: { ...defaultsOf(policiesConfig), ...options.policies },
    },
    writer,
    lastReceivedMs: 0,
    authenticate: (credentials) => ({
      tenant: options.authenticate?.(credentials) ?? credentials.tenant ?? 'default',
      keyName: 'anonymous',
      mayActForOthers: true,
    }),
    authenticateReader: (credentials) => ({
      tenant: options.authenticate?.(credentials) ?? credentials.tenant ?? 'default',
      keyName: 'anonymous',
      mayActForOthers: true,
      mayPrioritise: true,
    }),
    askFigures: options.askFigures ?? (async () => undefined),
    isOpen: options.isOpen ?? false,
    apiSocketPath,
    port: 0,
    reusePort: false,
    listenerPorts: {},
    rules: noRules,
    recentBatches: [],
    templates: [],
    random: () => 0.5,
    clock: systemClock,
    logger: silentLogger,
  });
  t.after(() => runtime.stop());
  return { runtime, writer, port: runtime.port, url: `http://127.0.0.1:${runtime.port}`, apiSocketPath };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A POST whose answer is JSON. */
export async function post(url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) as Record<string, unknown> };
}

/** A bare connection, for what no HTTP client would send; gathers what comes back. */
export class RawConnection {
  readonly socket: net.Socket;
  received = '';
  readonly closed: Promise<void>;

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => (this.received += chunk.toString('latin1')));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  /** Resolves when the text has come. */
  async until(text: string): Promise<string> {
    while (!this.received.includes(text)) {
      await Promise.race([
        new Promise((resolve) => this.socket.once('data', resolve)),
        this.closed.then(() => Promise.reject(new Error(`closed after: ${this.received}`))),
      ]);
    }
    return this.received;
  }
}
