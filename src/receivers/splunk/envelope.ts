/**
 * The envelope of one event: `{"time":1752575025.123,"host":"web-1","source":"shop","event":{…},"fields":{…}}`.
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
 *
 * Reading says where each member lies; nothing is copied. One per decoder.
 */
import { MalformedJson } from '#ingest/json-records.ts';
import type { JsonScanner } from '#ingest/json-records.ts';
import { equalBytes } from '#model/text-dictionary.ts';

export const envelopeMembers = ['event', 'time', 'host', 'source', 'sourcetype', 'index', 'fields'] as const;
export type EnvelopeMember = (typeof envelopeMembers)[number];

const textEncoder = new TextEncoder();
/** By length and first byte, which tell them apart. */
const memberOfShape = new Map(
  envelopeMembers.map((name, number) => {
    const bytes = textEncoder.encode(name);
    return [shapeOf(bytes.length, bytes[0]), { number, view: new DataView(bytes.buffer), length: bytes.length }] as const;
  }),
);

function shapeOf(length: number, firstByte: number): number {
  return length * 256 + firstByte;
}

export class Envelope {
  readonly #starts = new Int32Array(envelopeMembers.length);
  readonly #ends = new Int32Array(envelopeMembers.length);

  /** Reads the object at `at`; returns the position behind it. Throws MalformedJson. */
  read(scanner: JsonScanner, at: number): number {
    const { bytes } = scanner;
    this.#starts.fill(-1);
    at = scanner.skipSpace(at + 1);
    if (bytes[at] === 0x7d && at < scanner.end) return at + 1;
    for (;;) {
      if (at >= scanner.end || bytes[at] !== 0x22) throw new MalformedJson(at, 'a key');
      const keyEnd = scanner.string(at + 1);
      const member = memberOfShape.get(shapeOf(keyEnd - at - 1, bytes[at + 1]));
      const isKnown = member !== undefined && equalBytes(member.view, 0, scanner.view, at + 1, member.length);
      const start = scanner.colon(keyEnd + 1);
      const end = scanner.skipValue(start, 1);
      if (isKnown) {
        this.#starts[member.number] = start;
        this.#ends[member.number] = end;
      }
      at = scanner.skipSpace(end);
      const byte = at < scanner.end ? bytes[at] : 0;
      if (byte === 0x7d) return at + 1;
      if (byte !== 0x2c) throw new MalformedJson(at, "',' or '}'");
      at = scanner.skipSpace(at + 1);
    }
  }

  /** Where the member's value begins, -1 where it is not there. Of a key twice it is the last. */
  start(member: EnvelopeMember): number {
    return this.#starts[envelopeMembers.indexOf(member)];
  }

  end(member: EnvelopeMember): number {
    return this.#ends[envelopeMembers.indexOf(member)];
  }
}
