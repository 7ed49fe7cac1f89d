/** Keys that services deduplicate and thread by. A group key may be long and hold any text; a service sees only its hash. */
import { createHash } from 'node:crypto';

/** 64 hexadecimal digits, the same for the same text for ever. */
export const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex');
