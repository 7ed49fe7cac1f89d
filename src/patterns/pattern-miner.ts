/**
 * Finds the template of each message. A line of a settled stream fits a shape that was met lately (shape-cache.ts). If not,
 * it costs one pass over its bytes and one look into a cache of keys; only a key that was not met lately is compared with
 * the templates of its stream.
 *
 * One miner a gateway worker; nothing is shared between workers but the catalogue's templates at start, since equal lines
 * give equal ids (template.ts). What it learns is drained by its owner and kept in the catalogue (pattern-catalogue.ts).
 */
import { MaskedTokens } from './masked-tokens.ts';
import { ParseTree } from './parse-tree.ts';
import { shapeOf } from './message-shape.ts';
import { ShapeCache } from './shape-cache.ts';
import { piecesOf, templateOf } from './template.ts';
import type { PatternId, Template } from './template.ts';

export interface MinerLimits {
  readonly maxTokens: number;
  readonly maxBytes: number;
  readonly minSimilarity: number;
  readonly maxTemplatesPerService: number;
  readonly maxServices: number;
  /** Keys in the cache. */
  readonly cacheEntries: number;
  readonly shapeEntries: number;
}

/** A template as the catalogue knows it, as plain data. */
export interface LearntTemplate {
  readonly tenant: string;
  readonly service: string;
  readonly id: PatternId;
  readonly pieces: readonly string[];
  /** One digit a token (token-kinds.ts). */
  readonly kinds: string;
}

const wordsPerEntry = 4;
const ways = 2;

interface Stream {
  readonly tenant: string;
  readonly service: string;
  readonly tree: ParseTree;
}

export class PatternMiner {
  readonly #limits: MinerLimits;
  readonly #tokens: MaskedTokens;
  readonly #shapes: ShapeCache;
  readonly #streams = new Map<string, Stream>();
  /** Key and id of one template in four words; an entry of zeros is empty. */
  readonly #cache: Int32Array;
  readonly #cacheMask: number;
  readonly #learnt = new Map<Template, Stream>();
  /** Id of the last message, 0 and 0 where it has none. */
  high = 0;
  low = 0;
  /** Lines without a template, since there was no room for theirs. */
  overflowing = 0;

  constructor(limits: MinerLimits) {
    this.#limits = limits;
    this.#tokens = new MaskedTokens(limits);
    this.#shapes = new ShapeCache(limits.shapeEntries, limits.maxBytes);
    const entries = 2 ** Math.ceil(Math.log2(Math.max(limits.cacheEntries, 16)));
    this.#cache = new Int32Array(entries * wordsPerEntry);
    this.#cacheMask = entries - ways;
  }

  /**
   * Finds the template of the message `start .. end` and leaves its id in `high` and `low`. The seeds are hashes of tenant
   * and service; `service` is asked for only where the key is new.
   */
  find(bytes: Uint8Array, start: number, end: number, seedHigh: number, seedLow: number, tenant: string, service: () => string): void {
    const shapes = this.#shapes;
    if (shapes.find(bytes, start, end, seedHigh)) {
      this.high = shapes.high;
      this.low = shapes.low;
      return;
    }
    if (!this.#findByKey(bytes, start, end, seedHigh, seedLow, tenant, service)) return;
    const entry = shapes.takeEntry();
    const shape = entry < 0 ? undefined : shapeOf(this.#tokens, bytes, start, end);
    if (shape !== undefined) shapes.put(entry, shape, this.high, this.low);
  }

  /** True where the key was met before: what comes only once needs no shape. */
  #findByKey(
    bytes: Uint8Array,
    start: number,
    end: number,
    seedHigh: number,
    seedLow: number,
    tenant: string,
    service: () => string,
  ): boolean {
    const tokens = this.#tokens;
    tokens.scan(bytes, start, end, seedHigh, seedLow);
    if (tokens.count === 0) {
      this.high = 0;
      this.low = 0;
      return false;
    }
    const cache = this.#cache;
    const { keyHigh, keyLow } = tokens;
    const at = ((keyHigh ^ (keyLow >>> 7)) & this.#cacheMask) * wordsPerEntry;
    if (cache[at] === keyHigh && cache[at + 1] === keyLow) {
      this.high = cache[at + 2] >>> 0;
      this.low = cache[at + 3] >>> 0;
      return true;
    }
    return this.#findBeside(bytes, start, at, tenant, service);
  }

  /** The second way of the set, or the tree; what is found moves to the first way. */
  #findBeside(bytes: Uint8Array, start: number, at: number, tenant: string, service: () => string): boolean {
    const cache = this.#cache;
    const { keyHigh, keyLow } = this.#tokens;
    const second = at + wordsPerEntry;
    const isKnown = cache[second] === keyHigh && cache[second + 1] === keyLow;
    if (isKnown) {
      this.high = cache[second + 2] >>> 0;
      this.low = cache[second + 3] >>> 0;
    } else if (!this.#learn(bytes, start, tenant, service())) {
      this.high = 0;
      this.low = 0;
      this.overflowing++;
      return false;
    }
    cache.copyWithin(second, at, at + wordsPerEntry);
    cache[at] = keyHigh;
    cache[at + 1] = keyLow;
    cache[at + 2] = this.high;
    cache[at + 3] = this.low;
    return isKnown;
  }

  #learn(bytes: Uint8Array, start: number, tenant: string, service: string): boolean {
    const stream = this.#streamOf(tenant, service);
    if (stream === undefined) return false;
    const tokens = this.#tokens;
    const match = stream.tree.match(tenant, piecesOf(tokens, bytes, start));
    if (match === undefined) return false;
    if (match.change !== 'none') this.#learnt.set(match.template, stream);
    this.high = match.template.high;
    this.low = match.template.low;
    return true;
  }

  #streamOf(tenant: string, service: string): Stream | undefined {
    const name = `${tenant}\n${service}`;
    const known = this.#streams.get(name);
    if (known !== undefined || this.#streams.size >= this.#limits.maxServices) return known;
    const { minSimilarity, maxTemplatesPerService } = this.#limits;
    const tree = new ParseTree({ minSimilarity, maxTemplates: maxTemplatesPerService });
    const stream = { tenant, service, tree };
    this.#streams.set(name, stream);
    return stream;
  }

  /** Takes templates of the catalogue in. */
  restore(templates: Iterable<LearntTemplate>): void {
    for (const { tenant, service, id, pieces, kinds } of templates) {
      this.#streamOf(tenant, service)?.tree.restore(templateOf(id, [...pieces], Uint8Array.from(kinds, Number)));
    }
  }

  /** Templates that are new or became more general since the last call. */
  drainLearnt(): LearntTemplate[] {
    const learnt = [...this.#learnt].map(([{ id, pieces, kinds }, { tenant, service }]) => ({
      tenant,
      service,
      id,
      pieces: [...pieces],
      kinds: kinds.join(''),
    }));
    this.#learnt.clear();
    return learnt;
  }

  /** Templates of all streams. */
  get templates(): number {
    let sum = 0;
    for (const { tree } of this.#streams.values()) sum += tree.size;
    return sum;
  }
}
