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
    pieces.push(named < 0 ? textOfBytes(bytes, tokenStart, from) : textOfBytes(bytes, tokenStart, named) + placeholder);
  }
  pieces.push(separatorOf(bytes, from, Math.max(from, tokens.end)));
  return pieces;
}

/** A decoder costs more than short texts are worth. */
const maxPlainBytes = 24;

function textOfBytes(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > maxPlainBytes) return textDecoder.decode(bytes.subarray(start, end));
  let text = '';
  for (let at = start; at < end; at++) {
    if (bytes[at] >= 0x80) return textDecoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(bytes[at]);
  }
  return text;
}

/** What stands between two tokens; a size in it that was left out becomes a placeholder. */
function separatorOf(bytes: Uint8Array, start: number, end: number): string {
  const text = textOfBytes(bytes, start, end);
  return text.length < 3 ? text : text.replace(/\([^()]*[0-9A-Za-z][^()]*\)/g, `(${placeholder})`);
}

/** A new template of the pieces of its first line. */
export const bornTemplate = (tenant: string, pieces: string[], kinds: Uint8Array): Template =>
  templateOf(idOf(tenant, pieces, kinds), pieces, kinds);

export function templateOf(id: PatternId, pieces: string[], kinds: Uint8Array): Template {
  return { id, pieces, kinds, high: Number.parseInt(id.slice(0, 8), 16), low: Number.parseInt(id.slice(8), 16) };
}

/** FNV-1a in 64 bits as two halves: a BigInt for each byte would cost more than all else about a new template. */
const fnvOffsetHigh = 0xcbf2_9ce4;
const fnvOffsetLow = 0x8422_2325;
/** Of the prime 2^40 + 0x1b3. */
const fnvPrimeLow = 0x1b3;

/** FNV-1a of tenant and tokens, each ended by a 0, then MurmurHash3's finaliser; never 0, which stands for no template. */
function idOf(tenant: string, pieces: readonly string[], kinds: Uint8Array): PatternId {
  let high = fnvOffsetHigh;
  let low = fnvOffsetLow;
  const addByte = (byte: number): void => {
    low = (low ^ byte) >>> 0;
    const product = low * fnvPrimeLow;
    high = (high * fnvPrimeLow + low * 256 + Math.floor(product / 2 ** 32)) % 2 ** 32;
    low = product % 2 ** 32;
  };
  const add = (text: string): void => {
    for (const byte of textEncoder.encode(text)) addByte(byte);
    addByte(0);
  };
  add(tenant);
  for (const [i, kind] of kinds.entries()) add(kind >= tokenKinds.soft ? placeholder : pieces[i * 2 + 1]);
  return finished((BigInt(high) << 32n) | BigInt(low));
}

const mask64 = 0xffff_ffff_ffff_ffffn;

function finished(mixed: bigint): PatternId {
  let hash = mixed;
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
