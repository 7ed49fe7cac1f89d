/** The metadata port for the templates of messages: what each id of a pattern means, for ever. One adapter: sqlite/. */

export interface StoredTemplate {
  readonly tenant: string;
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** Services whose lines have it. */
  readonly services: readonly string[];
  /** Separators and tokens in turn. */
  readonly pieces: readonly string[];
  /** One digit a token. */
  readonly kinds: string;
  readonly firstSeenMs: number;
  /** The older template with the same text, which stands for this one. */
  readonly aliasOf?: string;
}

export interface PatternTemplates {
  all(): Promise<readonly StoredTemplate[]>;
  /** Writes them in place of their older versions; durable when it resolves. */
  put(templates: readonly StoredTemplate[]): Promise<void>;
  close(): Promise<void>;
}
