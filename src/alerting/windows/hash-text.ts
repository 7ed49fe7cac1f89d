/**
 * Hashes of texts that are the same in every process, for sketches that are saved. Two lanes of 32 bits, each mixed with
 * the finisher of MurmurHash3 (Appleby, public domain). Who knows it can make texts that collide; here that makes a count
 * too small, and harms nothing else.
 */
export interface TextHash {
  readonly high: number;
  readonly low: number;
}

/** Two independent unsigned 32-bit numbers. */
export function hashText(text: string): TextHash {
  let high = 0x9e3779b9 ^ text.length;
  let low = 0x85ebca6b ^ text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x2c1b3c6d);
    low = Math.imul(low ^ unit, 0x297a2d39);
    high ^= high >>> 15;
    low ^= low >>> 13;
  }
  return { high: finish(high), low: finish(low ^ high) };
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
