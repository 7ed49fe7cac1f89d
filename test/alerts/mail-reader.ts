/** A mail read as a client reads it, as far as our own mails need: header lines unfolded, encoded words and parts decoded. */

export interface ReadMail {
  /** Names in lower case, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  header(name: string): string | undefined;
  /** The text of the part of that type; throws where there is none. */
  part(type: string): string;
}

/** `raw`: each character a byte. Throws where a header line is none. */
export function readMail(raw: string): ReadMail {
  const [head, body] = divided(raw);
  const headers = headersOf(head);
  const header = (name: string): string | undefined => headers.find(([known]) => known === name)?.[1];
  return {
    headers,
    header,
    part(type) {
      const found = partsOf(header('content-type') ?? '', body, headers).find((part) => part.type === type);
      if (found === undefined) throw new Error(`the mail has no part ${type}`);
      return found.text;
    },
  };
}

function divided(raw: string): [string, string] {
  const end = raw.indexOf('\r\n\r\n');
  return end === -1 ? [raw, ''] : [raw.slice(0, end), raw.slice(end + 4)];
}

function headersOf(head: string): (readonly [string, string])[] {
  return head
    .replace(/\r\n([ \t])/g, '$1')
    .split('\r\n')
    .map((line) => {
      const [, name, value] = /^([!-9;-~]+):[ \t]*([^\r\n]*)$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`no header line: ${JSON.stringify(line)}`);
      if (line.length > 998 * 20) throw new Error('a header line without end');
      return [name.toLowerCase(), decodedWords(value)] as const;
    });
}

/** RFC 2047. */
function decodedWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/(?:=\?utf-8\?[BQ]\?[^?]*\?=)+/gi, (words) =>
      Buffer.concat(
        [...words.matchAll(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi)].map(([, method, text]) =>
          method.toUpperCase() === 'B' ? Buffer.from(text, 'base64') : quotedBytes(text.replaceAll('_', ' ')),
        ),
      ).toString(),
    );
}

function partsOf(contentType: string, body: string, headers: readonly (readonly [string, string])[]): { type: string; text: string }[] {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) return [{ type: contentType.split(';')[0], text: decodedBody(body, headers) }];
  return body
    .split(`--${boundary}`)
    .slice(1, -1)
    .flatMap((part) => {
      const [head, inner] = divided(part.replace(/^\r\n/, '').replace(/\r\n$/, ''));
      const inside = headersOf(head);
      return partsOf(inside.find(([name]) => name === 'content-type')?.[1] ?? '', inner, inside);
    });
}

function decodedBody(body: string, headers: readonly (readonly [string, string])[]): string {
  const encoding = headers.find(([name]) => name === 'content-transfer-encoding')?.[1] ?? '7bit';
  const bytes =
    encoding === 'base64'
      ? Buffer.from(body, 'base64')
      : encoding === 'quoted-printable'
        ? quotedBytes(body.replace(/=\r\n/g, ''))
        : Buffer.from(body, 'latin1');
  return bytes.toString().replaceAll('\r\n', '\n');
}

const quotedBytes = (text: string): Buffer =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
