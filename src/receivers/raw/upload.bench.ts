/**
 * What a line of text costs from the pieces of a body to rows of a batch: cut, joined, and with recognition.
 *
 *   node src/receivers/raw/upload.bench.ts [lines]
 */
import { createParserSet } from '#parsing/parser-set.ts';
import { parsingDefaults } from '#parsing/parsing-defaults.test-support.ts';
import { systemClock } from '#platform/clock.ts';
import { createIntake } from '#ingest/intake.ts';
import type { BatchSource, Intake } from '#ingest/intake.ts';
import { RejectedRecords } from '#ingest/rejected-records.ts';
import { zeroOutcomes } from '#log/outcomes.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { RecordFinisher } from '#model/log-batch.ts';
import { RecordWriter } from '#model/record-writer.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { Upload } from './upload.ts';

const lineCount = Number(process.argv[2] ?? 200_000);
const pieceBytes = 64 * 1024;
const limits = { maxAttributes: 1000, maxNameBytes: 512, maxOverflowBytes: 1 << 20 };
const stamp = { tenant: 'acme', receivedMs: Date.parse('2026-01-15T12:00:00Z'), origin: 64, seq: 1, maxClockSkewMs: 30_000 };
const config = {
  enabled: true,
  multiline: 'auto',
  max_joined_lines: 1000,
  max_joined_bytes: 256 * 1024,
  batch_bytes: 1 << 20,
  max_delay: 1000,
  max_wait: 60_000,
};

const lines: Readonly<Record<string, string>> = {
  'access log': '203.0.113.9 - frank [15/Jul/2025:12:23:45 +0200] "GET /cart?id=7 HTTP/1.1" 200 2326 "https://example.com/" "Mozilla/5.0"',
  java: '2025-07-15 10:23:45,123 ERROR [http-nio-8080-exec-3] com.example.PaymentService: Charge failed for order 17',
  json: '{"ts":"2025-07-15T10:23:45.123Z","level":"error","msg":"charge failed","order":{"id":"ord-456","total":19.9}}',
  text: 'the quick brown fox jumps over the lazy dog 7 times',
};

/** An intake whose batches become blocks and are thrown away. */
function intakeOf(finisherOf: (source: BatchSource) => RecordFinisher | undefined): Intake {
  return createIntake({
    authenticate: () => ({ tenant: 'acme', keyName: 'bench', mayActForOthers: false }),
    admit: () => undefined,
    lagHint: () => 'normal',
    pipeline: {
      async submit({ rows }) {
        const accepted = rows.rowCount;
        rows.finish(stamp);
        return { ...zeroOutcomes(), accepted };
      },
    } as Parameters<typeof createIntake>[0]['pipeline'],
    rows: new LogBatchBuilder(),
    writer: new RecordWriter(limits),
    rejected: new RejectedRecords({ isEnabled: true, maxRecordBytes: 1024, maxBatchBytes: 1 << 20, maxReportedErrors: 10 }),
    finisherOf,
    multilineOf: () => undefined,
  });
}

async function* piecesOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
}

async function measure(name: string, line: string, multiline: string, isParsed: boolean): Promise<void> {
  const body = new TextEncoder().encode(`${line}\n`.repeat(lineCount));
  const parsers = createParserSet([], { ...parsingDefaults, auto: isParsed }, limits, systemClock);
  const context = { ...createFakeIntake().context, intake: intakeOf((source) => parsers.finisherOf(source)) };
  const batch = { tenant: 'acme', receiver: 'raw', sender: 'bench', content: 'text', format: 'text' } as const;
  let bestUs = Infinity;
  for (let round = 0; round < 6; round++) {
    const before = process.threadCpuUsage();
    await new Upload({ batch, service: 'web', host: 'h', environment: '', multiline }, { context, config }).take(piecesOf(body));
    const { user, system } = process.threadCpuUsage(before);
    bestUs = Math.min(bestUs, user + system);
  }
  const perLineNs = (bestUs * 1000) / lineCount;
  console.log(`${name.padEnd(34)} ${perLineNs.toFixed(0).padStart(6)} ns/line ${(1e6 / perLineNs).toFixed(0).padStart(6)} K lines/s`);
}

for (const [name, line] of Object.entries(lines)) {
  await measure(`${name}: cut`, line, 'none', false);
  await measure(`${name}: cut and joined`, line, 'auto', false);
  await measure(`${name}: cut, joined, recognised`, line, 'auto', true);
}
