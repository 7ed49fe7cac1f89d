/**
 * Lines of the container runtime interface, `time stream P|F content`: parts (`P`) are put together with what follows, and
 * whole ones are judged by their content. Only the first line's head stays.
 */
import { byte, wordEnd } from '../byte-text.ts';
import type { LineGrouping } from '../multiline.ts';

const partTag = 0x50;
const fullTag = 0x46;

/** Position of the tag in `time stream tag content`, -1 where the line is none of CRI. */
export function criTag(bytes: Uint8Array, start: number, end: number): number {
  const timeEnd = wordEnd(bytes, start, end);
  const tag = wordEnd(bytes, timeEnd + 1, end) + 1;
  if (timeEnd - start < 20 || tag + 1 > end || (bytes[tag] !== partTag && bytes[tag] !== fullTag)) return -1;
  const behind = bytes[tag + 1];
  // `P:more` tags are possible by the format
  return tag + 1 === end || behind === byte.space || behind === byte.colon ? tag : -1;
}

export class CriGrouping implements LineGrouping {
  readonly #content: LineGrouping;
  #isPart = false;
  #separated = true;

  /** `content` judges what stands behind the head. */
  constructor(content: LineGrouping) {
    this.#content = content;
  }

  get isSeparated(): boolean {
    return this.#separated;
  }

  next(bytes: Uint8Array, start: number, end: number): number {
    const tag = criTag(bytes, start, end);
    if (tag < 0) {
      this.#isPart = false;
      this.#separated = true;
      return this.#content.next(bytes, start, end);
    }
    const content = Math.min(end, wordEnd(bytes, tag, end) + 1);
    const followsPart = this.#isPart;
    this.#isPart = bytes[tag] === partTag;
    this.#separated = !followsPart;
    if (followsPart) return content;
    return this.#content.next(bytes, content, end);
  }

  reset(): void {
    this.#isPart = false;
    this.#content.reset();
  }
}
