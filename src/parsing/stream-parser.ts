/**
 * Parses the lines of one stream (tenant, receiver, service, host): finds the rule that fits a line, else recognises the
 * format; parses what a wrapper held; counts. It writes to the record that the set has opened with the writer.
 */
import { recordFields } from '#model/field-names.ts';
import type { LogBatchBuilder } from '#model/log-batch.ts';
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { Clock } from '#platform/clock.ts';
import { FormatRecogniser } from './format-recogniser.ts';
import type { FormatTable } from './format-recogniser.ts';
import type { PlainText } from './formats/plain-text.ts';
import { LineBuffer } from './line-buffer.ts';
import type { LineParser } from './line-parser.ts';
import type { ParserBudget } from './parser-budget.ts';
import type { ParserCounters, ParserCounts } from './parser-counters.ts';
import type { LineTest } from './parser-rules.ts';

/** What recognition works with, for one time zone. */
export interface AutoFormats {
  readonly outer: FormatTable;
  readonly inner: FormatTable;
  readonly plain: PlainText;
}

/** What happens to lines that a rule fits. */
export interface LineAction {
  readonly test: LineTest | undefined;
  /** Undefined: the format is recognised; null: the line is left as it is. */
  readonly parser: LineParser | null | undefined;
  readonly budget: ParserBudget;
  /** Its time is measured on every line, else on every 16th. */
  readonly isMeasured: boolean;
  readonly auto: AutoFormats;
}

/** What all streams of a set share. */
export interface StreamContext {
  readonly clock: Clock;
  readonly counters: ParserCounters;
  readonly maxMisses: number;
  /** Attribute for lines that a parser could not take. */
  readonly errorName: NameId;
  /** Attribute for the parser of a line, undefined where lines do not name it. */
  readonly parserName: NameId | undefined;
  /** For what wrappers hold. */
  readonly innerLine: LineBuffer;
}

const measuredEvery = 16;
const textEncoder = new TextEncoder();

export class StreamParser {
  readonly service: string;
  readonly host: string;
  readonly #context: StreamContext;
  readonly #actions: readonly LineAction[];
  readonly #recognisers = new Map<FormatTable, FormatRecogniser>();
  readonly #counts = new Map<string, ParserCounts>();
  #lastCounts: ParserCounts | undefined;
  #tick = 0;

  /** `actions`: those of rules that fit the stream, in order. */
  constructor(service: string, host: string, actions: readonly LineAction[], context: StreamContext) {
    this.service = service;
    this.host = host;
    this.#actions = actions;
    this.#context = context;
  }

  /** The format recognised, undefined while there is none. */
  get format(): string | undefined {
    for (const recogniser of this.#recognisers.values()) if (recogniser.current !== undefined) return recogniser.current.name;
    return undefined;
  }

  /** Parses the line, which the writer has been given; the record's message is free. */
  parse(line: LineBuffer, writer: RecordWriter, builder: LogBatchBuilder): void {
    const { bytes, length } = line;
    for (const action of this.#actions) {
      if (action.test !== undefined && !action.test(bytes, 0, length)) continue;
      if (action.parser === null) return;
      const hadTime = writer.isFilled(recordFields.timestamp);
      const parser =
        action.parser === undefined ? this.#recognise(line, writer, action.auto) : this.#parseBy(action.parser, line, writer, action);
      if (parser === undefined) return;
      this.#nameParser(parser, writer, line);
      if (parser.isWrapper === true) this.#parseInner(writer, builder, action.auto, hadTime);
      return;
    }
  }

  #recognise(line: LineBuffer, writer: RecordWriter, auto: AutoFormats): LineParser | undefined {
    const parser = this.#recogniser(auto.outer).parse(line.bytes, line.view, 0, line.length, writer);
    if (parser === undefined) auto.plain.readHead(line.bytes, 0, line.length, writer);
    else this.#countsOf(parser.name).parsed++;
    return parser;
  }

  /** Undefined where the parser did not take the line, or is switched off. */
  #parseBy(parser: LineParser, line: LineBuffer, writer: RecordWriter, action: LineAction): LineParser | undefined {
    const { budget } = action;
    const counts = this.#countsOf(parser.name);
    if (budget.isOff()) {
      counts.overBudget++;
      action.auto.plain.readHead(line.bytes, 0, line.length, writer);
      return undefined;
    }
    const isMeasured = action.isMeasured || ++this.#tick % measuredEvery === 0;
    const startMs = isMeasured ? this.#context.clock.monotonicMs() : 0;
    const isParsed = parser.parse(line.bytes, line.view, 0, line.length, writer);
    if (isMeasured) budget.measured(startMs);
    if (isParsed) {
      counts.parsed++;
      return parser;
    }
    counts.failed++;
    this.#writeOwn(this.#context.errorName, parser.name, writer, line);
    action.auto.plain.readHead(line.bytes, 0, line.length, writer);
    return undefined;
  }

  /** What a wrapper left as the message is a line of its own; its time and level are nearer to the event than the wrapper's. */
  #parseInner(writer: RecordWriter, builder: LogBatchBuilder, auto: AutoFormats, hadTime: boolean): void {
    const { arena, lastLength } = builder.message;
    if (!writer.isFilled(recordFields.message) || lastLength === 0) return;
    const inner = this.#context.innerLine;
    inner.load(arena.bytes, arena.length - lastLength, arena.length);
    writer.from(inner.bytes, inner.view);
    writer.free(recordFields.message);
    writer.free(recordFields.level);
    if (!hadTime) writer.free(recordFields.timestamp);
    const parser = this.#recogniser(auto.inner).parse(inner.bytes, inner.view, 0, inner.length, writer);
    if (parser === undefined) auto.plain.readHead(inner.bytes, 0, inner.length, writer);
    else this.#countsOf(parser.name).parsed++;
  }

  #recogniser(formats: FormatTable): FormatRecogniser {
    let recogniser = this.#recognisers.get(formats);
    if (recogniser === undefined) {
      recogniser = new FormatRecogniser(formats, this.#context.maxMisses);
      this.#recognisers.set(formats, recogniser);
    }
    return recogniser;
  }

  #nameParser(parser: LineParser, writer: RecordWriter, line: LineBuffer): void {
    const { parserName } = this.#context;
    if (parserName !== undefined) this.#writeOwn(parserName, parser.name, writer, line);
  }

  #writeOwn(name: NameId, text: string, writer: RecordWriter, line: LineBuffer): void {
    const encoded = textEncoder.encode(text);
    writer.from(encoded);
    writer.attribute(name, kinds.string, 0, encoded.length);
    writer.from(line.bytes, line.view);
  }

  #countsOf(parser: string): ParserCounts {
    if (this.#lastCounts?.parser === parser) return this.#lastCounts;
    let counts = this.#counts.get(parser);
    if (counts === undefined) {
      counts = this.#context.counters.of(parser, this.service);
      this.#counts.set(parser, counts);
    }
    this.#lastCounts = counts;
    return counts;
  }
}
