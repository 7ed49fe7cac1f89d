/** How an answer of HTTP/1.1 says where its body ends (RFC 9112, 6 and 7): its head, and the body taken out of its framing. */

const headEnd = Buffer.from('\r\n\r\n');
const maxHeadBytes = 256 * 1024;
const statusLine = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/;

export class AnswerHead {
  readonly status: number;
  readonly statusMessage: string;
  /** `[name, value, …]` as they came. */
  readonly rawHeaders: readonly string[];
  readonly byteLength: number;

  private constructor(text: string, byteLength: number) {
    const [first, ...lines] = text.split('\r\n');
    const [, status, statusMessage = ''] = statusLine.exec(first) ?? [];
    if (status === undefined) throw new Error(`this is not the head of an HTTP answer: ${JSON.stringify(first.slice(0, 80))}`);
    this.status = Number(status);
    this.statusMessage = statusMessage;
    this.rawHeaders = lines.flatMap((line) => {
      const colon = line.indexOf(':');
      if (colon <= 0) throw new Error(`this is not a header: ${JSON.stringify(line.slice(0, 80))}`);
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    this.byteLength = byteLength;
  }

  /** The head at the beginning of the bytes; undefined where it is not whole. Throws where it is none, or too long. */
  static read(bytes: Buffer): AnswerHead | undefined {
    const end = bytes.indexOf(headEnd);
    if (end >= 0) return new AnswerHead(bytes.toString('latin1', 0, end), end + headEnd.length);
    if (bytes.length > maxHeadBytes) throw new Error(`the head of the answer is over ${maxHeadBytes} bytes`);
    return undefined;
  }

  /** Another head follows. */
  get isInterim(): boolean {
    return this.status < 200;
  }

  /** The first header of this name, which is given in small letters. */
  header(name: string): string | undefined {
    const at = this.rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
    return at < 0 ? undefined : this.rawHeaders[at + 1];
  }
}

/** What comes next in a chunked body. */
type Place = 'size' | 'data' | 'line end' | 'trailer';

/** Longest line of a chunk's size or of a trailer; we know of none that uses extensions. */
const maxLineBytes = 1024;
const lineFeed = 10;

export class BodyDecoder {
  /** The body is all that comes. */
  readonly endsWithConnection: boolean;
  readonly #isChunked: boolean;
  /** Of the chunk, or of the whole body. */
  #bytesLeft: number;
  #place: Place = 'size';
  #line = '';
  isAtEnd = false;

  constructor(head: AnswerHead, method: string) {
    const length = head.header('content-length');
    const hasNone = method === 'HEAD' || head.status === 204 || head.status === 304;
    this.#isChunked = !hasNone && head.header('transfer-encoding')?.toLowerCase() === 'chunked';
    this.endsWithConnection = !hasNone && !this.#isChunked && length === undefined;
    this.#bytesLeft = hasNone || this.#isChunked ? 0 : length === undefined ? Number.POSITIVE_INFINITY : Number(length);
    if (!(this.#bytesLeft >= 0)) throw new Error(`this is no length of a body: ${length}`);
    this.isAtEnd = !this.#isChunked && this.#bytesLeft === 0;
  }

  /** The bytes of the body among these, put together at their beginning. */
  decode(bytes: Buffer): Buffer {
    if (this.#isChunked) return this.#dechunk(bytes);
    const part = bytes.subarray(0, Math.min(bytes.length, this.#bytesLeft));
    this.#bytesLeft -= part.length;
    this.isAtEnd = this.#bytesLeft === 0;
    return part;
  }

  #dechunk(bytes: Buffer): Buffer {
    let [at, length] = [0, 0];
    while (at < bytes.length && !this.isAtEnd) {
      if (this.#place !== 'data') {
        at = this.#readLine(bytes, at);
        continue;
      }
      const end = Math.min(bytes.length, at + this.#bytesLeft);
      if (at !== length) bytes.copyWithin(length, at, end);
      length += end - at;
      this.#bytesLeft -= end - at;
      at = end;
      if (this.#bytesLeft === 0) this.#place = 'line end';
    }
    return bytes.subarray(0, length);
  }

  /** Takes what there is of a line of the framing; returns where it ends. */
  #readLine(bytes: Buffer, at: number): number {
    const feed = bytes.indexOf(lineFeed, at);
    const end = feed < 0 ? bytes.length : feed + 1;
    this.#line += bytes.toString('latin1', at, end);
    if (this.#line.length > maxLineBytes) throw new Error('a line between the chunks of the answer is too long');
    if (feed >= 0) this.#endLine();
    return end;
  }

  #endLine(): void {
    const line = this.#line.trim();
    this.#line = '';
    switch (this.#place) {
      case 'line end':
        if (line !== '') throw new Error('a chunk of the answer is longer than it says');
        this.#place = 'size';
        return;
      case 'trailer':
        this.isAtEnd = line === '';
        return;
      default: {
        const size = /^([0-9a-f]{1,12})\s*(?:;|$)/i.exec(line)?.[1];
        if (size === undefined) throw new Error(`this is no size of a chunk: ${JSON.stringify(line.slice(0, 40))}`);
        this.#bytesLeft = Number.parseInt(size, 16);
        this.#place = this.#bytesLeft === 0 ? 'trailer' : 'data';
      }
    }
  }
}
