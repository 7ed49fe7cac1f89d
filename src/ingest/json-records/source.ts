/**
 * What a batch says about all its records: `source` of the envelope and the X-Service-Id and X-Host headers.
 * A record's own fields come first, then the source's, then the headers'.
 */
import { fieldOfName } from '#model/field-names.ts';
import type { LogBatchBuilder } from '#model/log-batch.ts';
import type { TextDictionary } from '#model/text-dictionary.ts';
import type { JsonTree } from './unique-keys.ts';

const textEncoder = new TextEncoder();

/** Defaults that the request itself carries, beside its body. */
export interface RequestDefaults {
  readonly service?: string | undefined;
  readonly host?: string | undefined;
}

/** A text for every record, with its place in a dictionary. */
class DefaultText {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #epoch = 0;
  #index = 0;

  constructor(text: string) {
    this.#bytes = textEncoder.encode(text);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
  }

  indexIn(dictionary: TextDictionary): number {
    if (this.#bytes.length === 0) return 0;
    if (this.#epoch !== dictionary.epoch) {
      this.#index = dictionary.indexOf(this.#bytes, this.#view, 0, this.#bytes.length);
      this.#epoch = dictionary.epoch;
    }
    return this.#index;
  }

  /** Adds it under the key to the open row of the resource map, unless the record has the key itself. */
  addTo(builder: LogBatchBuilder, key: number): void {
    if (!builder.resource.has(key)) builder.resource.add(key, this.#bytes, this.#view, 0, this.#bytes.length);
  }
}

export class SourceDefaults {
  readonly #service: DefaultText;
  readonly #host: DefaultText;
  readonly #environment: DefaultText;
  readonly #resource: readonly { readonly key: DefaultText; readonly value: DefaultText }[];

  constructor(texts: { service: string; host: string; environment: string }, resource: ReadonlyMap<string, string>) {
    this.#service = new DefaultText(texts.service);
    this.#host = new DefaultText(texts.host);
    this.#environment = new DefaultText(texts.environment);
    this.#resource = [...resource].map(([key, value]) => ({ key: new DefaultText(key), value: new DefaultText(value) }));
  }

  get resourceCount(): number {
    return this.#resource.length;
  }

  /** Dictionary index of the default service, 0 where there is none; the same for host and environment. */
  service(builder: LogBatchBuilder): number {
    return this.#service.indexIn(builder.services);
  }

  host(builder: LogBatchBuilder): number {
    return this.#host.indexIn(builder.hosts);
  }

  environment(builder: LogBatchBuilder): number {
    return this.#environment.indexIn(builder.environments);
  }

  /** Adds the source's other members to the open record's resource map. */
  addResource(builder: LogBatchBuilder): void {
    for (const { key, value } of this.#resource) value.addTo(builder, key.indexIn(builder.resource.keys));
  }
}

/** Defaults of a batch; `source` is undefined where the envelope has none. */
export function sourceDefaults(source: JsonTree | undefined, request: RequestDefaults): SourceDefaults {
  const texts = { service: '', host: '', environment: '' };
  const resource = new Map<string, string>();
  if (source !== undefined) collect(source, '', texts, resource);
  texts.service ||= request.service ?? '';
  texts.host ||= request.host ?? '';
  return new SourceDefaults(texts, resource);
}

function collect(tree: JsonTree, prefix: string, texts: Record<string, string>, resource: Map<string, string>): void {
  for (const [key, value] of tree) {
    const name = prefix + key;
    if (typeof value !== 'string') {
      collect(value, `${name}.`, texts, resource);
      continue;
    }
    if (value === 'null') continue;
    const field = fieldOfName(name);
    const isText = value[0] !== '[';
    const text = value[0] === '"' ? (JSON.parse(value) as string).toWellFormed() : value;
    if (isText && field !== undefined && texts[field] === '') texts[field] = text;
    else if (!resource.has(name)) resource.set(name, text);
  }
}
