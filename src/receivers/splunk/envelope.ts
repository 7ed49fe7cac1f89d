/**
 * The envelope of one event: `{"time":1752575025.123,"host":"web-1","source":"shop","event":{…},"fields":{…}}`.
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
 *
 * Reading says where each member lies; nothing is copied. One per decoder.
 */
import type { JsonScanner } from '#ingest/json-records.ts';
import { isText, walkMembers } from '#receivers/json-members.ts';

export const envelopeMembers = ['event', 'time', 'host', 'source', 'sourcetype', 'index', 'fields'] as const;
export type EnvelopeMember = (typeof envelopeMembers)[number];

export class Envelope {
  readonly #starts = new Int32Array(envelopeMembers.length);
  readonly #ends = new Int32Array(envelopeMembers.length);

  /** Reads the object at `at`; returns the position behind it. Throws MalformedJson. */
  read(scanner: JsonScanner, at: number): number {
    this.#starts.fill(-1);
    return walkMembers(scanner, at, (keyStart, keyEnd, valueAt) => {
      const end = scanner.skipValue(valueAt, 1);
      const member = envelopeMembers.findIndex((name) => isText(scanner.bytes, keyStart, keyEnd, name));
      if (member >= 0) {
        this.#starts[member] = valueAt;
        this.#ends[member] = end;
      }
      return end;
    });
  }

  /** Where the member's value begins, -1 where it is not there. Of a key twice it is the last. */
  start(member: EnvelopeMember): number {
    return this.#starts[envelopeMembers.indexOf(member)];
  }

  end(member: EnvelopeMember): number {
    return this.#ends[envelopeMembers.indexOf(member)];
  }
}
