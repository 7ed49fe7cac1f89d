/**
 * Tail sampling: lines that sampling left out wait here for a while, in case their trace turns out to have an error.
 *
 * What is held was counted as sampled and acknowledged; when it is kept after all, it goes into the log as a batch of its
 * own that counts as many fewer as sampled. What a crash takes from here was left out already. Bounded in bytes; when
 * full, the oldest are let go early, counted.
 */
import type { TextColumn } from '#model/batch-view.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { selectRows } from '#model/select-rows.ts';
import { traceHash } from './sampling.ts';

interface HeldBlock {
  readonly tenant: string;
  /** Rows of one batch that were left out, all with a trace. */
  readonly block: Uint8Array;
  readonly untilMs: number;
  readonly traces: ReadonlySet<number>;
}

/** Rows of one tenant that are kept after all. */
export interface RescuedRows {
  readonly tenant: string;
  readonly block: Uint8Array;
  readonly rowCount: number;
}

export class TraceHolder {
  /** Lines that were let go before their time, for lack of room. */
  letGoEarly = 0;
  readonly #maxBytes: number;
  #held: HeldBlock[] = [];
  #heldBytes = 0;
  /** Traces with an error, by tenant and hash, until when they count. */
  readonly #failedTraces = new Map<string, number>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Notes a trace with an error. */
  fail(tenant: string, hash: number, untilMs: number): void {
    this.#failedTraces.set(keyOf(tenant, hash), untilMs);
  }

  hasFailed(tenant: string, hash: number): boolean {
    return this.#failedTraces.has(keyOf(tenant, hash));
  }

  /** Holds rows; `hashes` are those of their traces. The block is kept as it is given. */
  hold(tenant: string, block: Uint8Array, hashes: Iterable<number>, untilMs: number): void {
    this.#held.push({ tenant, block, untilMs, traces: new Set(hashes) });
    this.#heldBytes += block.length;
    while (this.#heldBytes > this.#maxBytes && this.#held.length > 0) this.letGoEarly += this.#letGo();
  }

  /** Takes out the rows whose traces have failed meanwhile, and lets go of what has waited long enough. */
  rescue(nowMs: number): RescuedRows[] {
    const rescued: RescuedRows[] = [];
    const waiting: HeldBlock[] = [];
    for (const held of this.#held) {
      const failed = [...held.traces].some((hash) => this.hasFailed(held.tenant, hash));
      if (!failed) {
        if (held.untilMs > nowMs) waiting.push(held);
        continue;
      }
      const { found, rest } = this.#split(held);
      rescued.push(found);
      if (rest !== undefined && held.untilMs > nowMs) waiting.push(rest);
    }
    this.#held = waiting;
    this.#heldBytes = waiting.reduce((sum, { block }) => sum + block.length, 0);
    for (const [key, untilMs] of this.#failedTraces) if (untilMs <= nowMs) this.#failedTraces.delete(key);
    return rescued;
  }

  #split(held: HeldBlock): { readonly found: RescuedRows; readonly rest: HeldBlock | undefined } {
    const view = readNativeBlock(held.block);
    const traces = view.text('trace_id');
    const isFound = rowsOf(traces, view.rowCount, (hash) => this.hasFailed(held.tenant, hash));
    const rowCount = isFound.reduce((sum, bit) => sum + bit, 0);
    const found = { tenant: held.tenant, block: selectRows(held.block, isFound), rowCount };
    if (rowCount === view.rowCount) return { found, rest: undefined };
    const others = isFound.map((bit) => 1 - bit);
    const remaining = [...held.traces].filter((hash) => !this.hasFailed(held.tenant, hash));
    return { found, rest: { ...held, block: selectRows(held.block, others), traces: new Set(remaining) } };
  }

  #letGo(): number {
    const oldest = this.#held.shift();
    if (oldest === undefined) return 0;
    this.#heldBytes -= oldest.block.length;
    return readNativeBlock(oldest.block).rowCount;
  }
}

const keyOf = (tenant: string, hash: number): string => `${tenant}\n${hash}`;

function rowsOf(traces: TextColumn, rowCount: number, passes: (hash: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: rowCount }, (_, row) => (passes(traceHash(traces, row)) ? 1 : 0));
}
