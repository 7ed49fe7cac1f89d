/** For tests of receivers: the real intake over a pipeline that keeps batches as objects, and a request made of parts. */
import { AppError } from '#base/errors.ts';
import { httpStatusOfKind } from '#base/error-status.ts';
import { ingestConfig } from '#ingest/config.ts';
import type { IngestConfig } from '#ingest/config.ts';
import { createIntake } from '#ingest/intake.ts';
import type { BatchSource, Intake, SenderCredentials } from '#ingest/intake.ts';
import type { IncomingBatch } from '#ingest/pipeline.ts';
import { RejectedRecords, decodeQuarantine } from '#ingest/rejected-records.ts';
import type { QuarantineHeader } from '#ingest/rejected-records.ts';
import type { OutcomeCounts } from '#log/durable-log.ts';
import { zeroOutcomes } from '#log/outcomes.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { RecordFinisher } from '#model/log-batch.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { RecordWriter } from '#model/record-writer.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLogger } from '#platform/logger.ts';
import { ByteBudget } from './byte-budget.ts';
import type { ReceiverReply, ReceiverRequest, ReceiverRoute } from './http-receiver.ts';
import type { ReceiverContext } from './receiver.ts';
import { RouteTable } from './route-table.ts';

/** The receive time of all batches. */
export const fakeReceivedMs = Date.UTC(2026, 5, 1, 12);

export interface SubmittedBatch {
  readonly tenant: string;
  readonly receiver: string;
  readonly sender: string;
  readonly content: string;
  readonly batchId: string | undefined;
  readonly lines: readonly LogLine[];
  /** Records kept in the quarantine, with their bytes as text. */
  readonly quarantined: readonly (QuarantineHeader['records'][number] & { readonly text: string })[];
  readonly refusedCount: number;
}

export interface FakeIntakeOptions {
  readonly ingest?: Partial<IngestConfig>;
  readonly authenticate?: (credentials: SenderCredentials) => string;
  readonly finisher?: RecordFinisher;
  readonly finisherOf?: (source: BatchSource) => RecordFinisher | undefined;
}

export interface FakeIntake {
  readonly intake: Intake;
  readonly context: ReceiverContext;
  readonly batches: SubmittedBatch[];
  /** What was counted: `receiver event` → amount. */
  readonly counts: Map<string, number>;
  /** Thrown by `submit` while set. */
  submitError: AppError | undefined;
  /** Thrown by `admit` while set. */
  admitError: AppError | undefined;
  /** `submit` waits for it. */
  durable: Promise<void>;
  /** The lines of all batches. */
  lines(): LogLine[];
}

export function createFakeIntake(options: FakeIntakeOptions = {}): FakeIntake {
  const config: IngestConfig = { ...ingestDefaults(), ...options.ingest };
  const batches: SubmittedBatch[] = [];
  const counts = new Map<string, number>();
  const submit = async (batch: IncomingBatch): Promise<OutcomeCounts> => {
    const { submitError } = fake;
    const taken = submittedBatch(batch);
    await fake.durable;
    if (submitError !== undefined) throw submitError;
    batches.push(taken);
    return { ...zeroOutcomes(), accepted: taken.lines.length, quarantined: taken.quarantined.length, refused: taken.refusedCount };
  };
  const intake = createIntake({
    authenticate: (credentials) => ({
      tenant: options.authenticate?.(credentials) ?? credentials.tenant ?? 'default',
      keyName: 'test',
      mayActForOthers: true,
    }),
    admit: () => {
      if (fake.admitError !== undefined) throw fake.admitError;
    },
    lagHint: () => 'normal',
    pipeline: { submit, submitRescued: async () => undefined },
    rows: new LogBatchBuilder(),
    writer: new RecordWriter({
      maxAttributes: config.max_attributes_per_record,
      maxNameBytes: config.max_attribute_name_bytes,
      maxOverflowBytes: config.max_record_bytes,
    }),
    rejected: new RejectedRecords({ isEnabled: true, maxRecordBytes: 1024, maxBatchBytes: 1 << 20, maxReportedErrors: 100 }),
    finisherOf: options.finisherOf ?? (() => options.finisher),
    multilineOf: () => undefined,
  });
  const context: ReceiverContext = {
    intake,
    ingestConfig: config,
    budget: new ByteBudget(1 << 28, 'ingest.max_inflight_bytes', 1000),
    clock: systemClock,
    logger: silentLogger,
    count: (receiver, event, amount = 1) => counts.set(`${receiver} ${event}`, (counts.get(`${receiver} ${event}`) ?? 0) + amount),
  };
  const fake: FakeIntake = {
    intake,
    context,
    batches,
    counts,
    submitError: undefined,
    admitError: undefined,
    durable: Promise.resolve(),
    lines: () => batches.flatMap(({ lines }) => lines),
  };
  return fake;
}

/** What the gateway would answer: the route found, the request handled, an error rendered; undefined where no route is. */
export async function fakeAnswer(
  routes: readonly ReceiverRoute[],
  method: ReceiverRequest['method'],
  target: string,
  parts: FakeRequestParts = {},
): Promise<FakeAnswer | undefined> {
  const found = new RouteTable(routes).find(method, target.split('?', 1)[0]);
  if (found === undefined || 'allow' in found) return undefined;
  const request = fakeRequest(method, target, { ...parts, parameters: found.parameters });
  let reply: ReceiverReply;
  try {
    reply = await found.route.handle(request);
  } catch (thrown) {
    if (!(thrown instanceof AppError) || found.route.renderError === undefined) throw thrown;
    reply = found.route.renderError(thrown, httpStatusOfKind[thrown.kind], request);
  }
  const text = reply.body === undefined ? '' : Buffer.from(reply.body).toString();
  return { status: reply.status, text, headers: reply.headers ?? {} };
}

export interface FakeAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request as the gateway would give it; `target` may have a query. */
export function fakeRequest(
  method: ReceiverRequest['method'],
  target: string,
  { body = '', headers = {}, parameters = {} }: FakeRequestParts = {},
): ReceiverRequest {
  const url = new URL(target, 'http://localhost');
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return {
    method,
    path: url.pathname,
    parameters,
    query: url.searchParams,
    headers,
    remoteAddress: '192.0.2.7',
    readBody: () => Promise.resolve(bytes),
    async *streamBody() {
      yield bytes;
    },
  };
}

export interface FakeRequestParts {
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
}

function submittedBatch(batch: IncomingBatch & { readonly content?: string }): SubmittedBatch {
  const { tenant, receiver, sender, rows, rejected, batchId, content = '' } = batch;
  const stamp = { tenant, receivedMs: fakeReceivedMs, origin: 64, seq: 1, maxClockSkewMs: 30_000 };
  const view = rows.rowCount === 0 ? undefined : readNativeBlock(rows.finish(stamp));
  const lines = view === undefined ? [] : Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
  const { header, bytes } = decodeQuarantine(Buffer.concat(rejected.encode(batch)));
  const quarantined = header.records.map((record, i) => ({ ...record, text: bytes[i].toString() }));
  return { tenant, receiver, sender, content, batchId, lines, quarantined, refusedCount: rejected.refusedCount };
}

function ingestDefaults(): IngestConfig {
  const entries = Object.entries(ingestConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]);
  return Object.fromEntries(entries) as IngestConfig;
}
