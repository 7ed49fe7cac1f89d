/**
 * The templates of one stream (tenant and service) in a tree of fixed depth, after Drain (He et al., ICWS 2017): number of
 * tokens, first token, second token, and then the few templates that are compared one by one. Bounded in templates.
 *
 * Unlike Drain, only words count for likeness: placeholders, soft tokens and values say nothing about which statement
 * printed a line, and tokens in capitals must agree.
 */
import { bornTemplate, generalise } from './template.ts';
import type { Template } from './template.ts';
import { kindsOf, placeholder, tokenKinds } from './token-kinds.ts';

const { constant, soft } = tokenKinds;

export interface TreeLimits {
  /** Share of words that a line and its template have in common, at least. */
  readonly minSimilarity: number;
  readonly maxTemplates: number;
}

/** Words with branches of their own at each depth; further ones share one, since they are most likely values. */
const maxBranches = [100, 32];

interface Node {
  /** By token. */
  readonly branches: Map<string, Node>;
  readonly templates: Template[];
}

function nodeOf<Key>(nodes: Map<Key, Node>, key: Key): Node {
  let node = nodes.get(key);
  if (node === undefined) nodes.set(key, (node = { branches: new Map(), templates: [] }));
  return node;
}

export interface Match {
  readonly template: Template;
  /** What the line did to it. */
  readonly change: 'born' | 'generalised' | 'none';
}

export class ParseTree {
  readonly #limits: TreeLimits;
  /** By number of tokens. */
  readonly #roots = new Map<number, Node>();
  readonly #ids = new Map<string, Template>();

  constructor(limits: TreeLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The template of a line, generalised or new where need be; undefined where there is room for no more. */
  match(tenant: string, pieces: string[]): Match | undefined {
    const kinds = kindsOf(pieces);
    const leaf = this.#leafOf(pieces, kinds);
    const best = this.#mostAlike(leaf, pieces, kinds);
    if (best !== undefined) return { template: best, change: generalise(best, pieces) ? 'generalised' : 'none' };
    if (this.#ids.size >= this.#limits.maxTemplates) return undefined;
    const template = bornTemplate(tenant, pieces, kinds);
    const twin = this.#ids.get(template.id);
    // alike but for what the id leaves out: one template
    if (twin !== undefined) return { template: twin, change: generalise(twin, pieces) ? 'generalised' : 'none' };
    leaf.push(template);
    this.#ids.set(template.id, template);
    return { template, change: 'born' };
  }

  /** Takes a template of the catalogue in; one more general than ours makes ours as general. */
  restore(template: Template): void {
    const ours = this.#ids.get(template.id);
    if (ours !== undefined) {
      generalise(ours, template.pieces);
      return;
    }
    if (this.#ids.size >= this.#limits.maxTemplates) return;
    this.#leafOf(template.pieces, template.kinds).push(template);
    this.#ids.set(template.id, template);
  }

  #leafOf(pieces: readonly string[], kinds: Uint8Array): Template[] {
    let node = nodeOf(this.#roots, kinds.length);
    for (let depth = 0; depth < maxBranches.length && depth < kinds.length; depth++) {
      const token = kinds[depth] >= soft ? placeholder : pieces[depth * 2 + 1];
      const isFull = node.branches.size - (node.branches.has(placeholder) ? 1 : 0) >= maxBranches[depth];
      node = nodeOf(node.branches, isFull && !node.branches.has(token) ? placeholder : token);
    }
    return node.templates;
  }

  #mostAlike(leaf: readonly Template[], pieces: readonly string[], kinds: Uint8Array): Template | undefined {
    let best: Template | undefined;
    let bestLikeness = -1;
    for (const template of leaf) {
      const likeness = likenessOf(template, pieces, kinds);
      if (likeness < this.#limits.minSimilarity || likeness <= bestLikeness) continue;
      best = template;
      bestLikeness = likeness;
    }
    return best;
  }
}

/** Share of the words in which line and template agree; -1 where they cannot belong together. */
function likenessOf(template: Template, pieces: readonly string[], kinds: Uint8Array): number {
  let words = 0;
  let same = 0;
  for (let i = 0; i < kinds.length; i++) {
    const ours = template.kinds[i];
    const theirs = kinds[i];
    const isSame = template.pieces[i * 2 + 1] === pieces[i * 2 + 1];
    if (ours === constant && !isSame) return -1;
    if (theirs === constant && ours >= soft && !isSame) return -1;
    if (ours >= soft && theirs >= soft) continue;
    words++;
    if (isSame) same++;
  }
  return words === 0 ? 1 : same / words;
}
