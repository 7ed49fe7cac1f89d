/**
 * What was read and not yet taken: holds a reader back when it is full, and hands on what is there in its order. One
 * writer, one reader.
 */
export class ReadAhead<T extends { readonly bytes: Uint8Array }> {
  readonly #maxBytes: number;
  readonly #items: T[] = [];
  #bytes = 0;
  #isClosed = false;
  #wakeReader = Promise.withResolvers<void>();
  #wakeWriter = (): void => {};

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes;
  }

  /** Takes the item, whether or not there is room: what was read is not read again. */
  push(item: T): void {
    this.#items.push(item);
    this.#bytes += item.bytes.length;
    this.#wakeReader.resolve();
  }

  /** Resolves when it is not full, or the signal is aborted. */
  async room(signal: AbortSignal): Promise<void> {
    if (!this.isFull || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wakeWriter = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
  }

  /** No more items come. */
  close(): void {
    this.#isClosed = true;
    this.#wakeReader.resolve();
  }

  async *items(): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#bytes -= item.bytes.length;
        if (!this.isFull) this.#wakeWriter();
        yield item;
      } else if (this.#isClosed) {
        return;
      } else {
        this.#wakeReader = Promise.withResolvers();
        await this.#wakeReader.promise;
      }
    }
  }
}
