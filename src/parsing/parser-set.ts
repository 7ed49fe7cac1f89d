/**
 * All rules of parsing at work: gives each batch the finisher that parses its records, and remembers the streams.
 *
 * One per gateway worker, since parsers and writers belong to a thread. `replace` puts other rules in place between two
 * batches: parsers, names and recognised formats begin anew, counters go on. Called by the gateway's intake.
 */
import { toAppError } from '#base/errors.ts';
import { recordFields } from '#model/field-names.ts';
import type { RecordFinisher } from '#model/log-batch.ts';
import { RecordWriter } from '#model/record-writer.ts';
import type { RecordLimits } from '#model/record-writer.ts';
import { systemClock } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import type { ParsingConfig } from './config.ts';
import { PlainText } from './formats/plain-text.ts';
import { LineBuffer } from './line-buffer.ts';
import type { ParserKit } from './line-parser.ts';
import { lineGrouping } from './multiline.ts';
import { ParserBudget } from './parser-budget.ts';
import { ParserCounters } from './parser-counters.ts';
import type { ParserCounts } from './parser-counters.ts';
import { configuredRules, fitsName, inRule, lineTest } from './parser-rules.ts';
import type { ParserRule } from './parser-rules.ts';
import { createParser, formatTable } from './parsers.ts';
import type { OwnPatterns } from './parsers.ts';
import { SenderTime } from './sender-time.ts';
import { StreamFinisher } from './stream-finisher.ts';
import type { CompiledRule } from './stream-finisher.ts';
import type { AutoFormats, LineAction, StreamContext } from './stream-parser.ts';
import { StreamTable } from './stream-table.ts';
import type { ParsingSource, RecognisedStream } from './stream-table.ts';
import { TextTimes } from './timestamp-formats.ts';

export type ParserSetSettings = Omit<ParsingConfig, 'rules'>;

export interface ParserSet {
  /**
   * What completes the records of such a batch; undefined where there is nothing to do. Throws AppError bad_request for
   * an unknown parser or zone of the sender's.
   */
  finisherOf(source: ParsingSource): RecordFinisher | undefined;
  /** How records of a stream are joined from lines: `multiline` of the first rule that fits and has it. */
  multilineOf(source: ParsingSource, service: string): string | undefined;
  /** Throws AppError bad_request where a rule is not valid; then the old rules go on. */
  replace(rules: readonly ParserRule[]): void;
  /** Since the set was made. */
  counts(): readonly ParserCounts[];
  streams(): readonly RecognisedStream[];
}

/** Receivers whose times are those of the shipper that read the line: a time in the line is nearer to the event. */
const readTimeReceivers: ReadonlySet<string> = new Set(['beats', 'datadog', 'forward', 'gelf', 'loki', 'splunk']);
/** Finishers kept; tenants are the operator's to choose, but a key may name any. */
const maxFinishers = 4096;
/** Zones whose parsers are kept; senders may name any. */
const maxZones = 32;

export function createParserSet(rules: readonly ParserRule[], settings: ParserSetSettings, limits: RecordLimits, clock: Clock): ParserSet {
  const counters = new ParserCounters(settings.max_counted_services);
  let generation = new Generation(rules, settings, limits, clock, counters);
  return {
    finisherOf: (source) => generation.finisherOf(source),
    multilineOf: (source, service) => generation.multilineOf(source, service),
    replace(next) {
      generation = new Generation(next, settings, limits, clock, counters);
    },
    counts: () => counters.all(),
    streams: () => generation.streams(),
  };
}

/** Limits of a set that parses nothing. */
const noLimits: RecordLimits = { maxAttributes: 1, maxNameBytes: 1, maxOverflowBytes: 1 };

/** What is wrong with the rules of the configuration; empty where nothing is. */
export function checkParsing(config: ParsingConfig): { readonly path: string; readonly message: string }[] {
  try {
    createParserSet(configuredRules(config), config, noLimits, systemClock).finisherOf({ tenant: '', receiver: '', content: 'text' });
    return [];
  } catch (thrown) {
    return [{ path: 'parsing', message: toAppError(thrown).message }];
  }
}

/** Throws AppError bad_request where a set with these settings could not take the rule. */
export function mustBeParserRule(rule: ParserRule, settings: ParserSetSettings): void {
  createParserSet([rule], settings, noLimits, systemClock);
}

/** One set of rules. */
class Generation {
  readonly #settings: ParserSetSettings;
  readonly #clock: Clock;
  readonly #patterns: OwnPatterns;
  readonly #rules: readonly CompiledRule[];
  readonly #context: StreamContext;
  readonly #kits = new Map<string, { readonly kit: ParserKit; readonly auto: AutoFormats }>();
  readonly #finishers = new Map<string, StreamFinisher | undefined>();
  readonly #streams: StreamTable;
  readonly #writer: RecordWriter;
  readonly #line = new LineBuffer();
  readonly #senderTime = new SenderTime();

  constructor(rules: readonly ParserRule[], settings: ParserSetSettings, limits: RecordLimits, clock: Clock, counters: ParserCounters) {
    this.#settings = settings;
    this.#clock = clock;
    this.#writer = new RecordWriter(limits);
    this.#streams = new StreamTable(settings.max_streams);
    this.#patterns = new Map(settings.patterns.map(({ name, pattern }) => [name, pattern]));
    const { names } = this.#writer;
    this.#context = {
      clock,
      counters,
      maxMisses: settings.misses_before_change,
      errorName: names.own('parse_error'),
      parserName: settings.name_parser ? names.own('parser') : undefined,
      innerLine: new LineBuffer(),
    };
    // all names of the built-in parsers, before senders' names are learnt
    this.#kitOf(settings.timezone);
    this.#rules = rules.map((rule) => ({ rule, action: inRule(rule, () => this.#actionOf(rule)) }));
    // refuses what cannot be joined
    for (const rule of rules) inRule(rule, () => lineGrouping(rule.multiline ?? ''));
  }

  finisherOf(source: ParsingSource): RecordFinisher | undefined {
    const { tenant, receiver, content, parser = '', timezone = '' } = source;
    const key = `${tenant}\0${receiver}\0${content}\0${parser}\0${timezone}`;
    let finisher = this.#finishers.get(key);
    if (finisher === undefined && !this.#finishers.has(key)) {
      if (this.#finishers.size >= maxFinishers) this.#finishers.clear();
      finisher = this.#createFinisher(source);
      this.#finishers.set(key, finisher);
    }
    if (finisher !== undefined) this.#writer.names.forget();
    return finisher;
  }

  multilineOf({ tenant, receiver }: ParsingSource, service: string): string | undefined {
    for (const { rule } of this.#rules) {
      if (rule.multiline && fitsName(rule.tenant, tenant) && fitsName(rule.receiver, receiver) && fitsName(rule.service, service)) {
        return rule.multiline;
      }
    }
    return undefined;
  }

  streams(): readonly RecognisedStream[] {
    return this.#streams.all();
  }

  #createFinisher(source: ParsingSource): StreamFinisher | undefined {
    const { tenant, receiver, content, parser, timezone } = source;
    const fitting = this.#rules.filter(({ rule }) => fitsName(rule.tenant, tenant) && fitsName(rule.receiver, receiver));
    const ofSender = parser === undefined && timezone === undefined ? [] : [this.#ofSender(parser ?? 'auto', timezone)];
    const isRecognised = content === 'text' && this.#settings.auto;
    const byDefault = isRecognised ? [{ rule: { name: '', parser: 'auto' }, action: this.#actionOf({ name: '', parser: 'auto' }) }] : [];
    const rules = [...ofSender, ...fitting, ...byDefault];
    if (rules.length === 0) return undefined;
    const provisional: number[] = content === 'text' ? [recordFields.level] : [];
    if (content === 'text' && readTimeReceivers.has(receiver)) provisional.push(recordFields.timestamp);
    const tools = { writer: this.#writer, line: this.#line, senderTime: this.#senderTime };
    return new StreamFinisher(source, rules, provisional, this.#context, this.#streams, tools);
  }

  #ofSender(parser: string, timezone: string | undefined): CompiledRule {
    const rule = { name: 'of the sender', parser, timezone };
    return { rule, action: this.#actionOf(rule) };
  }

  #actionOf(rule: ParserRule): LineAction {
    const { kit, auto } = this.#kitOf(rule.timezone || this.#settings.timezone);
    const { parser } = rule;
    return {
      test: rule.match === undefined || rule.match === '' ? undefined : lineTest(rule.match),
      parser: parser === 'auto' ? undefined : parser === 'none' ? null : createParser(rule, kit, this.#patterns),
      budget: new ParserBudget({ maxMicroseconds: this.#settings.budget_us, switchedOffMs: this.#settings.switched_off_for }, this.#clock),
      isMeasured: parser === 'grok' || parser === 'regex',
      auto,
    };
  }

  /** Lets go of all that senders' zones made; what rules use is their own. */
  #forgetZones(): void {
    this.#kits.clear();
    this.#finishers.clear();
    this.#streams.clear();
  }

  #kitOf(timezone: string): { readonly kit: ParserKit; readonly auto: AutoFormats } {
    let known = this.#kits.get(timezone);
    if (known === undefined) {
      if (this.#kits.size >= maxZones) this.#forgetZones();
      const times = new TextTimes({ zone: timezone, nowMs: () => this.#clock.nowMs(), sender: this.#senderTime });
      const kit = { names: this.#writer.names, times };
      known = { kit, auto: { outer: formatTable(kit, false), inner: formatTable(kit, true), plain: new PlainText(kit) } };
      this.#kits.set(timezone, known);
    }
    return known;
  }
}
