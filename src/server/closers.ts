/** What was started, to be stopped in the reverse order; one part that cannot be stopped does not keep the others. */
import type { Logger } from '#platform/logger.ts';

export class Closers {
  readonly #closers: { readonly name: string; readonly close: () => Promise<unknown> | unknown }[] = [];

  add(name: string, close: () => Promise<unknown> | unknown): void {
    this.#closers.push({ name, close });
  }

  async closeAll(logger: Logger): Promise<void> {
    for (let next = this.#closers.pop(); next !== undefined; next = this.#closers.pop()) {
      try {
        await next.close();
      } catch (error) {
        logger.error({ part: next.name, error: String(error) }, 'a part could not be stopped cleanly');
      }
    }
  }
}
