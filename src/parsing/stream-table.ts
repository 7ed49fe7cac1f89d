/** The streams of lines that are parsed, each with what was recognised of it; bounded. */
import type { StreamParser } from './stream-parser.ts';

/** What is known of a batch before its records are decoded. */
export interface ParsingSource {
  readonly tenant: string;
  readonly receiver: string;
  /** `text`: messages are lines of text. `records`: they are parsed only where a rule says so. */
  readonly content: 'text' | 'records';
  /** A parser by name that the sender asks for, before all rules. */
  readonly parser?: string | undefined;
  /** The zone that the sender says its times are in. */
  readonly timezone?: string | undefined;
}

/** A stream whose format is recognised. */
export interface RecognisedStream {
  readonly tenant: string;
  readonly receiver: string;
  readonly service: string;
  readonly host: string;
  /** Undefined: plain text, or nothing has come yet. */
  readonly format: string | undefined;
}

/** Streams by their names, the oldest forgotten first. */
export class StreamTable {
  readonly #maxStreams: number;
  readonly #streams = new Map<string, { readonly source: ParsingSource; readonly parser: StreamParser }>();

  constructor(maxStreams: number) {
    this.#maxStreams = maxStreams;
  }

  of(source: ParsingSource, service: string, host: string, create: () => StreamParser): StreamParser {
    const { tenant, receiver, content, parser = '', timezone = '' } = source;
    const key = JSON.stringify([tenant, receiver, content, parser, timezone, service, host]);
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { source, parser: create() };
      if (this.#streams.size >= this.#maxStreams) this.#streams.delete(this.#streams.keys().next().value as string);
    } else {
      this.#streams.delete(key);
    }
    // the last used stand at the end
    this.#streams.set(key, stream);
    return stream.parser;
  }

  clear(): void {
    this.#streams.clear();
  }

  all(): readonly RecognisedStream[] {
    return [...this.#streams.values()].map(({ source: { tenant, receiver }, parser: { service, host, format } }) => ({
      tenant,
      receiver,
      service,
      host,
      format,
    }));
  }
}
