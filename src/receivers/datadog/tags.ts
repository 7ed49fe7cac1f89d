/**
 * Datadog's tags: one text, `env:production,service:shop,version:1.2,team:a`, that becomes the line's tags. Three of them
 * also say what the record may not say itself. https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/
 */

export interface TagList {
  /** Each tag as UTF-8, twice over the same memory. */
  readonly tags: readonly { readonly bytes: Uint8Array; readonly view: DataView }[];
  readonly environment: string | undefined;
  readonly service: string | undefined;
  readonly version: string | undefined;
}

/** Texts remembered: agents send the same one with every record. */
const maxTexts = 1024;
const textEncoder = new TextEncoder();

export class TagTexts {
  readonly #known = new Map<string, TagList>();

  /** The tags of a text. */
  of(text: string): TagList {
    let list = this.#known.get(text);
    if (list === undefined) {
      if (this.#known.size === maxTexts) this.#known.clear();
      list = tagsOf(text);
      this.#known.set(text, list);
    }
    return list;
  }
}

function tagsOf(text: string): TagList {
  const tags = text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  const valueOf = (key: string): string | undefined => {
    const tag = tags.find((candidate) => candidate.startsWith(`${key}:`) && candidate.length > key.length + 1);
    return tag?.slice(key.length + 1);
  };
  return {
    tags: tags.map((tag) => {
      const bytes = textEncoder.encode(tag);
      return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
    }),
    environment: valueOf('env'),
    service: valueOf('service'),
    version: valueOf('version'),
  };
}
