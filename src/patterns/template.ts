/**
 * A template: what lines of one kind have in common, with placeholders where they differ.
 *
 * Its text is kept in pieces, separators and tokens in turn, beginning and ending with a separator. A token that is a
 * placeholder ends with `<*>`, which no token of a line can hold. The id is a hash of the tenant and of the tokens at
 * birth, whatever is most likely a value counting as a placeholder: so every worker gives the same id to what was born of
 * alike lines, and an id never comes to mean something else. Later its text only becomes more general.
 */
import type { MaskedTokens } from './masked-tokens.ts';
import { placeholder, tokenKinds } from './token-kinds.ts';

/** 64 bits as 16 hexadecimal digits. */
export type PatternId = string;

export interface Template {
  readonly id: PatternId;
  /** Separators and tokens in turn. */
  readonly pieces: string[];
  /** Kind of each token at birth. */
  readonly kinds: Uint8Array;
  /** The id's two words, as a batch keeps them. */
  readonly high: number;
  readonly low: number;
}

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

/** How people read a template. */
export const textOf = (pieces: readonly string[]): string => pieces.join('').trim();

/** Separators and tokens of a scanned message, masked ones as placeholders. */
export function piecesOf(tokens: MaskedTokens, bytes: Uint8Array, start: number): string[] {
  const pieces: string[] = [];
  let from = start;
  for (let i = 0; i < tokens.count; i++) {
    const [tokenStart, named] = [tokens.starts[i], tokens.nameEnds[i]];
    pieces.push(separatorOf(bytes, from, tokenStart));
    from = tokens.ends[i];
    pieces.push(
      named < 0
        ? textDecoder.decode(bytes.subarray(tokenStart, from))
        : textDecoder.decode(bytes.subarray(tokenStart, named)) + placeholder,
    );
  }
  pieces.push(separatorOf(bytes, from, Math.max(from, tokens.end)));
  return pieces;
}

/** What stands between two tokens; a size in it that was left out becomes a placeholder. */
function separatorOf(bytes: Uint8Array, start: number, end: number): string {
  const text = textDecoder.decode(bytes.subarray(start, end));
  return text.replace(/\([^()]*[0-9A-Za-z][^()]*\)/g, `(${placeholder})`);
}

/** A new template of the pieces of its first line. */
export const bornTemplate = (tenant: string, pieces: string[], kinds: Uint8Array): Template =>
  templateOf(idOf(tenant, pieces, kinds), pieces, kinds);

export function templateOf(id: PatternId, pieces: string[], kinds: Uint8Array): Template {
  return { id, pieces, kinds, high: Number.parseInt(id.slice(0, 8), 16), low: Number.parseInt(id.slice(8), 16) };
}

const mask64 = 0xffff_ffff_ffff_ffffn;
const fnvOffset = 0xcbf2_9ce4_8422_2325n;
const fnvPrime = 0x100_0000_01b3n;

/** FNV-1a of tenant and tokens, each ended by a 0, then MurmurHash3's finaliser; never 0, which stands for no template. */
function idOf(tenant: string, pieces: readonly string[], kinds: Uint8Array): PatternId {
  let hash = fnvOffset;
  const add = (text: string): void => {
    for (const byte of textEncoder.encode(text)) hash = ((hash ^ BigInt(byte)) * fnvPrime) & mask64;
    hash = (hash * fnvPrime) & mask64;
  };
  add(tenant);
  for (const [i, kind] of kinds.entries()) add(kind >= tokenKinds.soft ? placeholder : pieces[i * 2 + 1]);
  hash = ((hash ^ (hash >> 33n)) * 0xff51_afd7_ed55_8ccdn) & mask64;
  hash = ((hash ^ (hash >> 33n)) * 0xc4ce_b9fe_1a85_ec53n) & mask64;
  hash ^= hash >> 33n;
  return (hash === 0n ? 1n : hash).toString(16).padStart(16, '0');
}

/** Makes a template general enough for the tokens of another of as many; true where that changed it. */
export function generalise(template: Pick<Template, 'pieces'>, pieces: readonly string[]): boolean {
  let isChanged = false;
  for (let i = 1; i < pieces.length; i += 2) {
    const ours = template.pieces[i];
    if (ours === pieces[i] || ours === placeholder) continue;
    template.pieces[i] = placeholder;
    isChanged = true;
  }
  return isChanged;
}
