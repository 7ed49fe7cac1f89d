/**
 * A cursorless scanner of JSON bytes: every method takes a position and returns the next one, nothing is built.
 *
 * Strict RFC 8259: what JSON.parse refuses is refused here. The bytes must be valid UTF-8 (the caller checks once per
 * body). Nothing at or behind `end` is looked at as JSON. Called by decode-record.ts and decode.ts.
 */

/** The bytes are not JSON. */
export class MalformedJson extends Error {
  readonly position: number;

  constructor(position: number, expected: string) {
    super(`expected ${expected}`);
    this.name = 'MalformedJson';
    this.position = position;
  }
}

/** Bits of `JsonScanner.flags`. */
export const stringFlags = { escaped: 1, nonAscii: 2 } as const;

const plain = 0;
const quote = 1;
const backslash = 2;
const control = 3;
const nonAscii = 4;

/** What a byte means inside a string. */
const stringClass = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0x22 ? quote : byte === 0x5c ? backslash : byte < 0x20 ? control : byte >= 0x80 ? nonAscii : plain,
);

export class JsonScanner {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  end = 0;
  /** Of the last string: stringFlags. */
  flags = 0;
  /** Deepest nesting seen by `skipValue` since the caller set it. */
  deepest = 0;

  #wordEnd = 0;
  /** Open containers of skipValue: 1 = object. */
  #open = new Uint8Array(256);

  /** Looks at `bytes` up to `end`. */
  reset(bytes: Uint8Array, view: DataView, end: number): void {
    this.bytes = bytes;
    this.view = view;
    this.setEnd(end);
  }

  /** Moves the end, within the same bytes. */
  setEnd(end: number): void {
    this.end = end;
    this.#wordEnd = end - 3;
  }

  /** Position of the first byte at or after `at` that is no white space; `end` where there is none. */
  skipSpace(at: number): number {
    const { bytes, end } = this;
    while (at < end) {
      const byte = bytes[at];
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
      at++;
    }
    return at;
  }

  /** From behind the opening quote to the closing one, whose position it returns; sets `flags`. */
  string(at: number): number {
    const { bytes, view, end } = this;
    const wordEnd = this.#wordEnd;
    let flags = 0;
    for (;;) {
      // four bytes at once: leaves on '"', '\', a control character or a non-ASCII byte
      while (at < wordEnd) {
        const word = view.getInt32(at, true);
        const quotes = word ^ 0x22222222;
        const backslashes = word ^ 0x5c5c5c5c;
        if ((((word - 0x20202020) | (quotes - 0x01010101) | (backslashes - 0x01010101) | word) & 0x80808080) !== 0) break;
        at += 4;
      }
      let what = plain;
      while (at < end && (what = stringClass[bytes[at]]) === plain) at++;
      if (at >= end) throw new MalformedJson(end, "'\"'");
      if (what === quote) {
        this.flags = flags;
        return at;
      }
      if (what === nonAscii) {
        flags |= stringFlags.nonAscii;
        do at++;
        while (at < end && bytes[at] >= 0x80);
      } else if (what === backslash) {
        flags |= stringFlags.escaped;
        at = this.#escape(at + 1);
      } else {
        throw new MalformedJson(at, 'no control character in a string');
      }
    }
  }

  #escape(at: number): number {
    const byte = at < this.end ? this.bytes[at] : 0;
    switch (byte) {
      case 0x22:
      case 0x5c:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return at + 1;
      case 0x75:
        for (let digit = 1; digit <= 4; digit++) {
          if (at + digit >= this.end || hexDigit(this.bytes[at + digit]) < 0) throw new MalformedJson(at + digit, 'a hex digit');
        }
        return at + 5;
      default:
        throw new MalformedJson(at, 'an escape');
    }
  }

  /** From the first byte of a number to behind its last. */
  number(at: number): number {
    const { bytes, end } = this;
    if (at < end && bytes[at] === 0x2d) at++;
    let byte = at < end ? bytes[at] : 0;
    if (byte === 0x30) {
      at++;
    } else if (byte >= 0x31 && byte <= 0x39) {
      at = this.#digits(at);
    } else {
      throw new MalformedJson(at, 'a value');
    }
    byte = at < end ? bytes[at] : 0;
    if (byte === 0x2e) {
      at = this.#digits(at + 1);
      byte = at < end ? bytes[at] : 0;
    }
    if (byte === 0x65 || byte === 0x45) {
      const sign = at + 1 < end ? bytes[at + 1] : 0;
      at = this.#digits(sign === 0x2b || sign === 0x2d ? at + 2 : at + 1);
    }
    return at;
  }

  #digits(at: number): number {
    const { bytes, end } = this;
    const start = at;
    let byte = 0;
    while (at < end && (byte = bytes[at]) >= 0x30 && byte <= 0x39) at++;
    if (at === start) throw new MalformedJson(at, 'a digit');
    return at;
  }

  /** From the first letter of true, false or null to behind the last. */
  literal(at: number): number {
    const { bytes, view, end } = this;
    if (at + 4 <= end) {
      const word = view.getInt32(at, true);
      if (word === 0x65757274 || word === 0x6c6c756e) return at + 4;
      if (word === 0x736c6166 && at + 5 <= end && bytes[at + 4] === 0x65) return at + 5;
    }
    throw new MalformedJson(at, 'a value');
  }

  /** Over one whole value of any kind; `depth` is the nesting around it. Notes the nesting in `deepest`. */
  skipValue(at: number, depth: number): number {
    const byte = at < this.end ? this.bytes[at] : 0;
    if (byte === 0x22) return this.string(at + 1) + 1;
    if (byte === 0x7b || byte === 0x5b) return this.skipContainer(at + 1, byte === 0x7b, depth + 1);
    return byte === 0x2d || (byte >= 0x30 && byte <= 0x39) ? this.number(at) : this.literal(at);
  }

  /**
   * From behind the opening bracket (or behind any comma) of a container to behind its end. A loop with a stack of its
   * own: nesting is bounded by the body, never by the call stack. `depth` is the container's nesting.
   */
  skipContainer(at: number, isObject: boolean, depth: number, afterComma = false): number {
    const { bytes } = this;
    let level = 0;
    let inObject = isObject;
    let mayClose = !afterComma;
    if (depth > this.deepest) this.deepest = depth;
    for (;;) {
      at = this.skipSpace(at);
      let byte = at < this.end ? bytes[at] : 0;
      if (mayClose && byte === (inObject ? 0x7d : 0x5d)) {
        at++;
      } else {
        if (inObject) {
          at = this.key(at);
          byte = at < this.end ? bytes[at] : 0;
        }
        if (byte === 0x7b || byte === 0x5b) {
          if (level === this.#open.length) this.#growOpen();
          this.#open[level++] = inObject ? 1 : 0;
          inObject = byte === 0x7b;
          mayClose = true;
          if (depth + level > this.deepest) this.deepest = depth + level;
          at++;
          continue;
        }
        at = this.skipValue(at, 0);
        at = this.skipSpace(at);
        byte = at < this.end ? bytes[at] : 0;
        if (byte === 0x2c) {
          at++;
          mayClose = false;
          continue;
        }
        if (byte !== (inObject ? 0x7d : 0x5d)) throw new MalformedJson(at, inObject ? "',' or '}'" : "',' or ']'");
        at++;
      }
      // a container ended; so do those around it that end right behind it
      for (;;) {
        if (level === 0) return at;
        inObject = this.#open[--level] === 1;
        at = this.skipSpace(at);
        byte = at < this.end ? bytes[at] : 0;
        if (byte === 0x2c) break;
        if (byte !== (inObject ? 0x7d : 0x5d)) throw new MalformedJson(at, inObject ? "',' or '}'" : "',' or ']'");
        at++;
      }
      at++;
      mayClose = false;
    }
  }

  #growOpen(): void {
    const grown = new Uint8Array(this.#open.length * 2);
    grown.set(this.#open);
    this.#open = grown;
  }

  /** Over a key and its colon to the first byte of its value. */
  key(at: number): number {
    if (at >= this.end || this.bytes[at] !== 0x22) throw new MalformedJson(at, 'a key');
    return this.colon(this.string(at + 1) + 1);
  }

  /** Over a colon and the space around it. */
  colon(at: number): number {
    const colon = this.skipSpace(at);
    if (colon >= this.end || this.bytes[colon] !== 0x3a) throw new MalformedJson(colon, "':'");
    return this.skipSpace(colon + 1);
  }
}

/** Value of a hex digit, -1 where it is none. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
