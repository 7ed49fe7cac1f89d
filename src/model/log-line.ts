/** One line as an object: what search and tail hand to the API. Never on the ingest path. */

/** Flattened metadata in the order sent; `kinds[i]` is the letter of the i-th value's JSON type (columns.ts). */
export interface LineAttributes {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly kinds: string;
}

export interface LogLine {
  readonly id: string;
  /** Event time, nanoseconds since 1970. */
  readonly tsNs: bigint;
  readonly receivedMs: number;
  readonly skewed: boolean;
  readonly tenant: string;
  readonly service: string;
  readonly host: string;
  readonly environment: string;
  /** OpenTelemetry severity number, 0 = none given. */
  readonly level: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly message: string;
  readonly attributes: LineAttributes;
  readonly resource: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly raw: string;
  readonly sampleRate: number;
  /** Id of its message's template, 0 = none. */
  readonly patternId: bigint;
}
