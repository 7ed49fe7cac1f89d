/** Completes the records of one tenant and receiver: finds the stream of each, and has its message parsed. */
import { recordFields } from '#model/field-names.ts';
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { LineBuffer } from './line-buffer.ts';
import { fitsName } from './parser-rules.ts';
import type { ParserRule } from './parser-rules.ts';
import type { SenderTime } from './sender-time.ts';
import { StreamParser } from './stream-parser.ts';
import type { LineAction, StreamContext } from './stream-parser.ts';
import type { ParsingSource, StreamTable } from './stream-table.ts';

export interface CompiledRule {
  readonly rule: ParserRule;
  readonly action: LineAction;
}

/** What all finishers of a set work with, one record at a time. */
export interface FinisherTools {
  readonly writer: RecordWriter;
  readonly line: LineBuffer;
  readonly senderTime: SenderTime;
}

/** Parses the records of one tenant and receiver. */
export class StreamFinisher implements RecordFinisher {
  readonly #source: ParsingSource;
  readonly #rules: readonly CompiledRule[];
  /** Fields that the transport filled and a line may fill better. */
  readonly #provisional: readonly number[];
  readonly #context: StreamContext;
  readonly #streams: StreamTable;
  readonly #tools: FinisherTools;
  /** The stream of the last record, and those of this batch, by their places in its dictionaries. */
  #last: StreamParser | undefined;
  #lastKey = -1;
  #serviceEpoch = -1;
  #hostEpoch = -1;
  readonly #ofBatch = new Map<number, StreamParser>();

  constructor(
    source: ParsingSource,
    rules: readonly CompiledRule[],
    provisional: readonly number[],
    context: StreamContext,
    streams: StreamTable,
    tools: FinisherTools,
  ) {
    this.#source = source;
    this.#rules = rules;
    this.#provisional = provisional;
    this.#context = context;
    this.#streams = streams;
    this.#tools = tools;
  }

  finish(builder: LogBatchBuilder): RecordErrorCode | undefined {
    const { message } = builder;
    const length = message.lastLength;
    if (message.rows <= builder.rowCount || length === 0) return undefined;
    const { arena } = message;
    const { line, writer, senderTime } = this.#tools;
    line.load(arena.bytes, arena.length - length, arena.length);
    writer.adopt(builder);
    if (writer.isFilled(recordFields.timestamp)) senderTime.take(builder.timeHigh[builder.rowCount], builder.timeLow[builder.rowCount]);
    else senderTime.forget();
    for (const field of this.#provisional) writer.free(field);
    writer.free(recordFields.message);
    writer.from(line.bytes, line.view);
    this.#streamOf(builder).parse(line, writer, builder);
    if (message.lastLength !== length) {
      writer.from(line.bytes, line.view);
      writer.raw(0, length);
    }
    return writer.release();
  }

  #streamOf(builder: LogBatchBuilder): StreamParser {
    const row = builder.rowCount;
    const service = builder.serviceIndexes[row];
    const host = builder.hostIndexes[row];
    const key = service * 65_536 + host;
    if (builder.services.epoch !== this.#serviceEpoch || builder.hosts.epoch !== this.#hostEpoch) {
      this.#serviceEpoch = builder.services.epoch;
      this.#hostEpoch = builder.hosts.epoch;
      this.#ofBatch.clear();
    } else if (key === this.#lastKey && this.#last !== undefined) {
      return this.#last;
    }
    let stream = this.#ofBatch.get(key);
    if (stream === undefined) {
      stream = this.#find(builder.services.textOf(service), builder.hosts.textOf(host));
      this.#ofBatch.set(key, stream);
    }
    this.#last = stream;
    this.#lastKey = key;
    return stream;
  }

  #find(service: string, host: string): StreamParser {
    return this.#streams.of(this.#source, service, host, () => {
      const actions = this.#rules.filter(({ rule }) => fitsName(rule.service, service)).map(({ action }) => action);
      return new StreamParser(service, host, actions, this.#context);
    });
  }
}
