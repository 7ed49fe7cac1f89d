/** Trace and span ids: from OTLP's bytes to lower-case hexadecimal text. */

/** OTLP has 16 and 8; others are kept as they are up to here. */
const longestIdBytes = 32;

/** Both digits of a byte, the first one in the low half. */
const digitsOfByte = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, '0');
  return digits.charCodeAt(0) | (digits.charCodeAt(1) << 8);
});

export class HexIds {
  /** The last id, borrowed until the next call. */
  readonly text = new Uint8Array(longestIdBytes * 2);
  readonly view = new DataView(this.text.buffer);

  /** Writes the id `start .. end`; its length in digits: 0 for one of zeros only, which stands for none, -1 for one too long. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > longestIdBytes) return -1;
    let any = 0;
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i];
      any |= byte;
      this.view.setUint16(i * 2, digitsOfByte[byte], true);
    }
    return any === 0 ? 0 : length * 2;
  }
}
