/**
 * `POST /internal/v1/resubmit`: records of the quarantine on their way back through ingestion, with all its steps. For the
 * main thread, which has no way into the log of its own; only a key that may act for others is let in.
 *
 * Body: `{"preview": bool, "records": [{"id", "receiver", "sender", "format", "context", "receivedMs", "isEdited", "bytes":
 * base64}]}`. Each record is read by the receiver that took it, into a batch opened as its own was: records of one kind
 * are one batch, durable together or not at all. What cannot be taken still is told, and not quarantined a second time.
 */
import { AppError, toAppError } from '#base/errors.ts';
import type { BatchSource, OpenBatch } from '#ingest/intake.ts';
import { credentialsOf } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest } from '#receivers/http-receiver.ts';
import type { Receiver, ReceiverContext } from '#receivers/receiver.ts';
import { KeptDecoder, MarkReplayed } from './decode.ts';
import type { KnownReceivers, Problem, Resubmission } from './decode.ts';
import { shownLines } from './shown-lines.ts';
import type { ShownLine } from './shown-lines.ts';

export { replayedFrom } from './decode.ts';

export const resubmitPath = '/internal/v1/resubmit';

interface Result {
  readonly id: string;
  problem?: Problem;
  line?: ShownLine;
}

/** One record, and what becomes of it. */
interface Item {
  readonly record: Resubmission;
  readonly result: Result;
}

/** `receivers`: all others of the worker. */
export function createResubmitReceiver(context: ReceiverContext, receivers: KnownReceivers): Receiver {
  const resubmitter = new Resubmitter(context, new KeptDecoder(receivers, context.logger));
  const handle = (request: ReceiverRequest): Promise<ReceiverReply> => resubmitter.handle(request);
  return { name: 'resubmit', routes: [{ methods: ['POST'], path: resubmitPath, handle }], listeners: [] };
}

class Resubmitter {
  readonly #context: ReceiverContext;
  readonly #decoder: KeptDecoder;

  constructor(context: ReceiverContext, decoder: KeptDecoder) {
    this.#context = context;
    this.#decoder = decoder;
  }

  async handle(request: ReceiverRequest): Promise<ReceiverReply> {
    const { intake } = this.#context;
    const { tenant, keyName, mayActForOthers } = intake.authenticate(credentialsOf(request.headers));
    if (!mayActForOthers) throw new AppError('forbidden', 'only Millrace itself resubmits records; use POST /v1/quarantine/replay');
    intake.admit();
    const { preview, records } = readBody(await request.readBody());
    const sender = `${keyName}@${request.remoteAddress}`;
    const items = records.map((record): Item => ({ record, result: { id: record.id } }));
    let isAnyTaken = false;
    for (const group of groupsOf(items)) {
      try {
        const count = await this.#take(group, sourceOf(group[0].record, tenant, sender), preview);
        isAnyTaken ||= count > 0;
      } catch (thrown) {
        const { code, message } = toAppError(thrown);
        // where lines are durable already, the others' refusal is theirs alone; bad_request: a parser that is gone
        if (!isAnyTaken && code !== 'bad_request') throw thrown;
        for (const { result } of group) result.problem ??= { code, message };
      }
    }
    return { status: 200, body: JSON.stringify({ results: items.map(({ result }) => result) }) };
  }

  /** Takes records as one batch, or shows what they would be; resolves with how many can be taken. */
  async #take(group: readonly Item[], source: BatchSource, preview: boolean): Promise<number> {
    const { intake, clock } = this.#context;
    const batch = intake.open(source);
    const taken = this.#decode(group, batch);
    if (preview) for (const [row, line] of shownLines(batch, clock.nowMs()).entries()) taken[row].result.line = line;
    else await intake.submit(batch);
    return taken.length;
  }

  /** Fills the batch; returns the items that are its rows, in their order. */
  #decode(group: readonly Item[], batch: OpenBatch): Item[] {
    const { rows, rejected, writer, format } = batch;
    const marking = new MarkReplayed(rows.finisher, writer);
    const taken = group.filter(({ record, result }) => {
      const problem = this.#decoder.decode(record, batch, marking);
      if (problem !== undefined) result.problem = problem;
      return problem === undefined;
    });
    rejected.restart(format);
    return taken;
  }
}

/** Together what was opened alike, in the order of their first records. */
function groupsOf(items: readonly Item[]): Iterable<readonly Item[]> {
  return Map.groupBy(items, ({ record: { receiver, context, format } }) => {
    const { content = contentOf(format), parser, timezone } = context;
    return JSON.stringify([receiver, content, parser, timezone]);
  }).values();
}

function sourceOf({ receiver, format, context }: Resubmission, tenant: string, sender: string): BatchSource {
  const { content = contentOf(format), parser, timezone } = context;
  return { tenant, receiver, sender, content, format, parser, timezone };
}

/** Of records of earlier versions, which do not say it. */
const contentOf = (format: Resubmission['format']): 'text' | 'records' => (format === 'text' ? 'text' : 'records');

type SentRecord = Omit<Resubmission, 'bytes' | 'request'> & { readonly bytes: string };

function readBody(body: Uint8Array): { preview: boolean; records: readonly Resubmission[] } {
  const { preview, records } = JSON.parse(Buffer.from(body).toString()) as { preview: boolean; records: readonly SentRecord[] };
  const read = ({ bytes, ...record }: SentRecord): Resubmission => ({
    ...record,
    request: record.context.request ?? {},
    // a plain array of its own memory, as decoders want it
    bytes: new Uint8Array(Buffer.from(bytes, 'base64')),
  });
  return { preview, records: records.map(read) };
}
