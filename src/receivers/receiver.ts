/**
 * A receiver: one wire protocol, from bytes to a batch and from outcomes to replies. Each folder of receivers/ exports a
 * `create…` function that makes one of these; `server/gateway/receivers.ts` lists them.
 *
 * A receiver lives in a gateway worker thread. It decodes synchronously into the batch that `Intake.open` gives, and
 * answers a sender only after `Intake.submit` resolved: then every record's outcome is durable.
 */
import type { Server } from 'node:http';
import type { IngestConfig } from '#ingest/config.ts';
import type { Intake, OpenBatch } from '#ingest/intake.ts';
import type { RecordFormat, RequestFacts } from '#ingest/rejected-records.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { ReceiverRoute } from './http-receiver.ts';

/** What every receiver is given. */
export interface ReceiverContext {
  readonly intake: Intake;
  readonly ingestConfig: IngestConfig;
  /** Bytes that the worker's requests and connections hold. */
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Counts something of a receiver, such as a datagram that could not be taken: `receiver` and a short event name. */
  readonly count: (receiver: string, event: string, amount?: number) => void;
}

/** An address of its own beside the main port. */
export interface ReceiverListener {
  /** As status and metrics name it: `syslog-udp`. */
  readonly name: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Path of the setting of the port, for messages: `receivers.syslog.port`. */
  readonly setting: string;
  readonly transport: 'tcp' | 'udp';
  /**
   * Begins to listen there; rejects with what the system says (EADDRINUSE …). `reusePort`: other workers listen too.
   * `port` is the listener's, or the one that the first worker got.
   */
  start(bind: ListenerBind): Promise<RunningListener>;
}

export interface ListenerBind {
  readonly host: string;
  readonly port: number;
  readonly reusePort: boolean;
  /** An HTTP server for routes, with the bounds, errors and counters of the main port; anything else there is 404. */
  readonly createHttpServer: (routes: readonly ReceiverRoute[]) => HttpSide;
}

export interface HttpSide {
  readonly server: Server;
  /** Takes no new connections, waits for what is in flight, closes. */
  stop(): Promise<void>;
}

export interface RunningListener {
  readonly port: number;
  /** Takes nothing new, finishes what was taken, closes. */
  stop(): Promise<void>;
}

/** A record of the quarantine that is to be read once more. */
export interface KeptRecord {
  /** What `RejectedRecords.add` was given, or what an operator put in its place; a plain array, never a Buffer. */
  readonly bytes: Uint8Array;
  readonly isEdited: boolean;
  readonly format: RecordFormat;
  /** What its request said beside it, as the receiver left it in `RejectedRecords.request`. */
  readonly request: RequestFacts;
  readonly sender: string;
  /** When it came first. */
  readonly receivedMs: number;
}

export interface Receiver {
  readonly name: string;
  /** Routes on the main port. */
  readonly routes: readonly ReceiverRoute[];
  readonly listeners: readonly ReceiverListener[];
  /**
   * Decodes a kept record into the batch, which is opened as the record's was, as if it had come in a request of its own.
   * What cannot be taken is rejected. @throws AppError where the bytes are no request
   */
  decodeKept?(record: KeptRecord, batch: OpenBatch): void;
}
