/** Arrays of numbers as text for a checkpoint, exactly: restored, they are the same bits. Called by what keeps models. */

type Numbers = Float32Array | Float64Array | Uint8Array | Int8Array | Uint32Array;

/** Base64 of the bytes, little-endian as all machines are that this runs on. */
export const savedNumbers = (numbers: Numbers): string =>
  Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');

/** Fills `target`; false, and nothing changed, where the text is not of as many numbers. */
export function restoreNumbers(target: Numbers, saved: unknown): boolean {
  const bytes = bytesOf(saved);
  if (bytes?.byteLength !== target.byteLength) return false;
  new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
  return true;
}

/** Of any length that is a whole number of elements; none where it is not one. */
export function restoredUint32(saved: unknown): Uint32Array {
  const bytes = bytesOf(saved);
  if (bytes === undefined || bytes.byteLength % 4 !== 0) return new Uint32Array(0);
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

const bytesOf = (saved: unknown): Buffer | undefined => (typeof saved === 'string' ? Buffer.from(saved, 'base64') : undefined);
