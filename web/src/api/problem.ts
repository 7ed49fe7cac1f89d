/** What went wrong with a request, as the interface knows it: the server's own error, or that the server is away. */

/** The server's error, by its stable code (docs/reference/errors.md). */
export class ApiProblem extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;
  /** When to try again, where the server says so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    facts: { status: number; details?: Readonly<Record<string, unknown>>; retryAfterMs?: number },
  ) {
    super(message);
    this.name = 'ApiProblem';
    this.code = code;
    this.status = facts.status;
    this.details = facts.details ?? {};
    this.retryAfterMs = facts.retryAfterMs;
  }

  /** The setting that holds the bound which was reached. */
  get setting(): string | undefined {
    return textOf(this.details['setting']);
  }

  /** Place in the query that cannot be read. */
  get position(): number | undefined {
    return typeof this.details['position'] === 'number' ? this.details['position'] : undefined;
  }

  get length(): number | undefined {
    return typeof this.details['length'] === 'number' ? this.details['length'] : undefined;
  }
}

/** No answer came: the server, or the network to it, is away. */
export class ServerAway extends Error {
  constructor(cause: unknown) {
    super('the server does not answer', { cause });
    this.name = 'ServerAway';
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** True where asking again may help without a change by the user. */
export function isPassing(error: unknown): boolean {
  return error instanceof ServerAway || (error instanceof ApiProblem && [429, 502, 503].includes(error.status));
}

export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** The error of an answer that is not well. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const facts = { status: response.status, ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}) };
  try {
    const { error } = (await response.json()) as { error: { code: string; message: string; details?: Record<string, unknown> } };
    return new ApiProblem(error.code, error.message, { ...facts, details: error.details });
  } catch {
    return new ApiProblem('no_json', `the answer ${response.status} is none of Millrace's`, facts);
  }
}
