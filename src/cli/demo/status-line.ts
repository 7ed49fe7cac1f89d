/** The one calm line in which the demo says how it goes: rewritten in place on a terminal, every ten seconds elsewhere. */

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const terminalEveryMs = 1000;
const plainEveryMs = 10_000;

export class StatusLine {
  readonly #output: Output;
  #lastMs = Number.NEGATIVE_INFINITY;
  #open = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Shows the text if the last one stood long enough. */
  show(nowMs: number, text: () => string): void {
    if (nowMs - this.#lastMs < (this.#output.isTTY ? terminalEveryMs : plainEveryMs)) return;
    this.#lastMs = nowMs;
    if (!this.#output.isTTY) return void this.#output.write(`${text()}\n`);
    this.#output.write(`\r\u001b[2K${text().slice(0, (this.#output.columns ?? 120) - 1)}`);
    this.#open = true;
  }

  /** A line that stays. */
  say(text: string): void {
    this.#output.write(`${this.#open ? '\r\u001b[2K' : ''}${text}\n`);
    this.#open = false;
  }
}

/** `12345` → `12,345`. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}
