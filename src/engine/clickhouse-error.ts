/** Errors of ClickHouse as its HTTP interface tells them: as the body of an answer, or in the middle of a stream. */

/** An exception of the engine; `code` is ClickHouse's number as text, `type` its name. */
export class ClickHouseError extends Error {
  readonly code: string;
  readonly type: string;

  constructor(code: string, type: string, message: string) {
    super(message);
    this.name = 'ClickHouseError';
    this.code = code;
    this.type = type;
  }
}

const exceptionText = /Code: (\d+)\. DB::Exception: ([\s\S]*)/;
/** The name stands in the last brackets but the one of the version. */
const exceptionName = /\(([A-Z][A-Z_0-9]+)\)\s*(?:\(version [^)]*\))?\s*$/;

/** The exception in a text; `code` from the header where the text has none. */
export function readErrorText(text: string, code = '0'): ClickHouseError {
  const [, number = code, message = text] = exceptionText.exec(text) ?? [];
  return new ClickHouseError(number, exceptionName.exec(message)?.[1] ?? 'UNKNOWN', message.replace(exceptionName, '').trim());
}

/**
 * The parts of a streamed answer. An error behind its head stands in a block of its own at the end, marked with the tag that the
 * header `X-ClickHouse-Exception-Tag` promised; it is thrown, and no byte of it is given as data. A part need be good only until
 * the next is asked for, and so is what is given.
 */
export async function* withoutException(parts: AsyncIterable<Buffer>, tag: string | undefined): AsyncGenerator<Buffer> {
  if (tag === undefined) return yield* parts;
  const mark = Buffer.from(`\r\n__exception__\r\n${tag}\r\n`);
  let held: Buffer = Buffer.alloc(0);
  let failure: Buffer | undefined;
  try {
    for await (const part of parts) {
      const data = held.length === 0 ? part : Buffer.concat([held, part]);
      if (failure !== undefined) {
        failure = Buffer.concat([failure, part]);
        continue;
      }
      const at = data.indexOf(mark);
      const end = at >= 0 ? at : data.length - beginningOf(mark, data);
      if (at >= 0) failure = Buffer.from(data.subarray(at + mark.length));
      held = at >= 0 ? Buffer.alloc(0) : Buffer.from(data.subarray(end));
      if (end > 0) yield data.subarray(0, end);
    }
  } catch (error) {
    // The connection is cut behind the block, so that nobody takes the answer for whole.
    if (failure === undefined) throw error;
  }
  if (failure !== undefined) throw readErrorText(failure.toString().replace(new RegExp(`\\d+ ${tag}\\r\\n__exception__\\r\\n$`), ''));
  if (held.length > 0) yield held;
}

/** How many bytes at the end of the data may be the beginning of the mark. */
function beginningOf(mark: Buffer, data: Buffer): number {
  for (let length = Math.min(mark.length - 1, data.length); length > 0; length--) {
    if (data.subarray(data.length - length).equals(mark.subarray(0, length))) return length;
  }
  return 0;
}
