/**
 * `POST /upload` of systemd-journal-upload(8): the journal in export format, in a body that may go on for long. It is
 * answered when it has ended and all of it is durable; senders that can (systemd 258 and later) are told to compress.
 * https://systemd.io/JOURNAL_EXPORT_FORMATS/
 */
import { AppError } from '#base/errors.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import { credentialsOf } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest } from '#receivers/http-receiver.ts';
import { ReceiveBuffer } from '#receivers/receive-buffer.ts';
import type { KeptRecord, Receiver, ReceiverContext } from '#receivers/receiver.ts';
import type { JournaldConfig } from './config.ts';
import { JournalDecoder } from './decode.ts';
import { EntryScanner } from './entry-scanner.ts';
import { JournalUpload } from './upload.ts';
import type { UploadSite } from './upload.ts';

const lineFeed = 0x0a;
const contentType = 'application/vnd.fdo.journal';
const plainText = { 'content-type': 'text/plain; charset=utf-8' };

export function createJournaldReceiver(context: ReceiverContext, config: JournaldConfig): Receiver {
  const source = { tenant: 'default', receiver: 'journald', sender: '', content: 'text', format: 'binary' } as const;
  const decoder = new JournalDecoder(context.ingestConfig, context.intake.open(source).writer);
  const site = { context, config, decoder };
  const handle = (request: ReceiverRequest): Promise<ReceiverReply> => upload(site, request);
  // journal-upload prints the body of an error as it is
  const renderError = (error: AppError, status: number): ReceiverReply => ({ status, body: `${error.message}\n`, headers: plainText });
  return {
    name: 'journald',
    routes: [{ methods: ['POST'], path: '/upload', handle, renderError }],
    listeners: [],
    decodeKept: (record, batch) => decodeKept(decoder, record, batch),
  };
}

/** One entry; where it was mended by hand, it may lack the line feeds at its end. */
function decodeKept(decoder: JournalDecoder, { bytes, isEdited }: KeptRecord, batch: OpenBatch): void {
  const buffer = new ReceiveBuffer();
  buffer.append(bytes);
  if (isEdited) buffer.append(Uint8Array.from(missingEnd(bytes)));
  const { view, start, end } = buffer;
  if (new EntryScanner().endOf(buffer) === end) decoder.decode(batch, 0, buffer.bytes, view, start, end);
  else batch.rejected.add(0, 'malformed_record', bytes, 0, bytes.length, 'it is not one whole entry of a journal');
}

function missingEnd(bytes: Uint8Array): readonly number[] {
  const feeds = bytes.at(-1) !== lineFeed ? 0 : bytes.at(-2) === lineFeed ? 2 : 1;
  return [lineFeed, lineFeed].slice(feeds);
}

async function upload(site: UploadSite, request: ReceiverRequest): Promise<ReceiverReply> {
  const { intake } = site.context;
  const sender = intake.authenticate(credentialsOf(request.headers));
  const type = request.headers['content-type']?.split(';', 1)[0].trim().toLowerCase();
  if (type !== contentType) {
    throw new AppError('unsupported_content_type', `the content type is "${type ?? ''}", and only "${contentType}" is taken here`);
  }
  intake.admit();
  await new JournalUpload(site, sender, request).receive();
  return { status: 200, body: 'OK\n', headers: { ...plainText, 'accept-encoding': 'zstd' } };
}
