/**
 * Adds to each record what its source does not say itself (I13): environment, host, tags, attributes, resource entries,
 * and where an address lies. What a record has already stays as it is.
 */
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import { kinds } from '#model/record-writer.ts';
import type { TextDictionary } from '#model/text-dictionary.ts';
import type { PlaceOfAddress } from './geoip.ts';
import type { RuleOf } from '../policy-rules.ts';

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

/** A text as decoders want it. */
interface Text {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function textOf(text: string): Text {
  const bytes = textEncoder.encode(text);
  return { bytes, view: new DataView(bytes.buffer) };
}

const pairsOf = (texts: Readonly<Record<string, string>> = {}): [Text, Text][] =>
  Object.entries(texts).map(([name, value]) => [textOf(name), textOf(value)]);

const indexIn = (dictionary: TextDictionary, { bytes, view }: Text): number => dictionary.indexOf(bytes, view, 0, bytes.length);

export class Enrichment implements RecordFinisher {
  readonly #services: ReadonlySet<string> | undefined;
  readonly #environment: Text | undefined;
  readonly #host: Text | undefined;
  readonly #tags: readonly Text[];
  readonly #attributes: readonly (readonly [Text, Text])[];
  readonly #resource: readonly (readonly [Text, Text])[];
  readonly #addressName: string | undefined;
  readonly #placeOf: PlaceOfAddress;

  constructor(rule: RuleOf<'enrich'>, placeOf: PlaceOfAddress) {
    this.#services = rule.services && new Set(rule.services);
    this.#environment = rule.environment === undefined ? undefined : textOf(rule.environment);
    this.#host = rule.host === undefined ? undefined : textOf(rule.host);
    this.#tags = (rule.tags ?? []).map(textOf);
    this.#attributes = pairsOf(rule.attributes);
    this.#resource = pairsOf(rule.resource);
    this.#addressName = rule.geoip;
    this.#placeOf = placeOf;
  }

  finish(builder: LogBatchBuilder): undefined {
    const row = builder.rowCount;
    if (this.#services !== undefined && !this.#services.has(builder.services.textOf(builder.serviceIndexes[row]))) return undefined;
    if (this.#environment !== undefined && builder.environmentIndexes[row] === 0) {
      builder.environmentIndexes[row] = indexIn(builder.environments, this.#environment);
    }
    if (this.#host !== undefined && builder.hostIndexes[row] === 0) builder.hostIndexes[row] = indexIn(builder.hosts, this.#host);
    for (const { bytes, view } of this.#tags) builder.tags.add(bytes, view, 0, bytes.length);
    for (const [name, value] of this.#attributes) addAttribute(builder, name, value);
    for (const [name, { bytes, view }] of this.#resource) {
      const key = indexIn(builder.resource.keys, name);
      if (!builder.resource.has(key)) builder.resource.add(key, bytes, view, 0, bytes.length);
    }
    if (this.#addressName !== undefined) this.#addPlace(builder, this.#addressName);
    return undefined;
  }

  #addPlace(builder: LogBatchBuilder, name: string): void {
    const key = indexIn(builder.attributes.keys, textOf(name));
    if (!builder.attributes.has(key)) return;
    const address = builder.openAttributes().find((attribute) => attribute.key === key);
    const place = address && this.#placeOf(textDecoder.decode(address.value));
    for (const [member, value] of Object.entries(place ?? {})) addAttribute(builder, textOf(`${name}.geo.${member}`), textOf(value));
  }
}

function addAttribute(builder: LogBatchBuilder, name: Text, { bytes, view }: Text): void {
  const key = indexIn(builder.attributes.keys, name);
  if (!builder.attributes.has(key)) builder.addAttribute(key, kinds.string, bytes, view, 0, bytes.length);
}
