/**
 * Errors in ClickHouse's own words: codes, names, HTTP status, and the block that makes an error visible in the middle
 * of a streamed answer.
 */

/** An error with ClickHouse's code and name, made by this process or read out of the engine's message. */
export class EngineError extends Error {
  readonly code: number;

  constructor(code: number, name: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message}. (${name})`);
    this.name = 'EngineError';
    this.code = code;
  }
}

const unknownException = 1002;

/** Code and text of anything that the native binding threw. */
export function toEngineError(thrown: unknown): { code: number; message: string } {
  if (thrown instanceof EngineError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const match = /Code: (\d+)\. /.exec(message);
  if (match === null) return new EngineError(unknownException, 'UNKNOWN_EXCEPTION', message);
  return { code: Number(match[1]), message: message.slice(match.index) };
}

/** ClickHouse's table of codes to HTTP status, `src/Server/HTTP/exceptionCodeToHTTPStatus.cpp`; 307 (our body bound) is ours. */
const statusByCode: ReadonlyMap<number, number> = new Map(
  Object.entries({
    400: [6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676],
    401: [194],
    403: [192, 193, 497, 512, 516],
    404: [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511],
    408: [159],
    411: [381],
    413: [229, 307],
    501: [48],
    503: [76, 209, 439],
  }).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)] as const)),
);

/** HTTP status of an exception; 500 where ClickHouse names no other. */
export function httpStatusOf(code: number): number {
  return statusByCode.get(code) ?? 500;
}

/**
 * What ClickHouse 25.11 and later append to an answer whose status line is already out. The tag was promised in the
 * header `X-ClickHouse-Exception-Tag`, so that no data can be taken for it; the number counts the message's bytes with
 * its line break.
 */
export function exceptionBlock(tag: string, message: string): Buffer {
  const line = Buffer.from(`${message}\n`);
  return Buffer.concat([Buffer.from(`\r\n__exception__\r\n${tag}\r\n`), line, Buffer.from(`${line.length} ${tag}\r\n__exception__\r\n`)]);
}

export const tooManyQueries = (message: string): EngineError => new EngineError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', message);
export const queryCancelled = (): EngineError => new EngineError(394, 'QUERY_WAS_CANCELLED', 'Query was cancelled');
export const badRequest = (message: string): EngineError => new EngineError(36, 'BAD_ARGUMENTS', message);
