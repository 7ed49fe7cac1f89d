/**
 * Reads every part that the engine writes before anyone relies on it.
 *
 * The engine reports success for parts that are not whole: on a disk that was filled while it wrote, chDB 26.7 left empty
 * files in parts of an INSERT and of a merge alike, and said nothing. So a flush commits, and lets the log be trimmed, only
 * after its part was read back; and a merged part is read while those that it was made of still lie on disk
 * (`old_parts_lifetime`), to which the engine goes back when it opens its data anew.
 */
import { AppError } from '#base/errors.ts';
import { mergeTreeDurability } from '#engine/mergetree-settings.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { Statements } from './database.ts';
import { logsTable } from './schema.ts';

export interface PartVerifierOptions {
  readonly database: Statements;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What lies empty of the files that describe a part, where they can be looked at. */
  readonly emptyDescription?: (directory: string) => Promise<string | undefined>;
}

interface Part {
  readonly name: string;
  readonly directory: string;
  /** What it was made of is still there. */
  readonly isYoung: boolean;
}

/** Merged parts are looked for this often: many times within `old_parts_lifetime`. */
const upkeepIntervalMs = 10_000;

/** As flushes write them: one block, no merge, no mutation. */
const writtenPart = /^[\w-]+_(\d+)_\1_0$/;

export class PartVerifier {
  readonly #options: PartVerifierOptions;
  /** The engine's data was looked at since it opened them. */
  #begun = false;
  /** Names of parts that are whole. */
  #whole: ReadonlySet<string> = new Set();
  /** Names of those that are not, as long as the engine has its data open. */
  readonly #damaged = new Set<string>();
  #damagedParts = 0;
  #lastUpkeepMs = Number.NEGATIVE_INFINITY;
  /** One verification at a time; never rejects. */
  #verifying: Promise<unknown> = Promise.resolve();
  readonly #listeners: ((part: string) => void)[] = [];

  constructor(options: PartVerifierOptions) {
    this.#options = options;
  }

  /** Damaged parts found since the start. */
  get damagedParts(): number {
    return this.#damagedParts;
  }

  /** Calls back with a damaged part that holds committed lines: the engine has to open its data anew, soon. */
  onDamaged(listener: (part: string) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * The engine has opened its data: it compared the sizes of all files then, and put aside what was not whole. Parts that are so
   * young that a merge may have made them since are not believed, nor is what this finds once it was asked, until `end`: an
   * indexer that begins anew on a full disk asks again and again.
   */
  async begin(): Promise<void> {
    if (this.#begun) return;
    this.#damaged.clear();
    this.#whole = new Set((await this.#activeParts()).filter(({ isYoung }) => !isYoung).map(({ name }) => name));
    this.#begun = true;
  }

  /** The engine has ended, and opens its data anew before the next `begin`. */
  end(): void {
    this.#begun = false;
  }

  /**
   * Reads the parts that are new. Damaged ones that no commit covers are dropped, and AppError `search_unavailable` says so;
   * of others the listeners hear. To be called after a generation is written and before it is committed.
   */
  verify(): Promise<void> {
    return this.#alone(() => true);
  }

  /** Upkeep, once a second: the parts of merges. What a flush wrote is left to the flush, which must hear of a drop. */
  async tick(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#lastUpkeepMs < upkeepIntervalMs) return;
    this.#lastUpkeepMs = nowMs;
    await this.#alone((part) => !writtenPart.test(part));
  }

  async #alone(isMeant: (part: string) => boolean): Promise<void> {
    const verifying = this.#verifying.then(() => this.#verifyNew(isMeant));
    this.#verifying = verifying.catch(() => undefined);
    await verifying;
  }

  async #verifyNew(isMeant: (part: string) => boolean): Promise<void> {
    const active = await this.#activeParts();
    const whole = new Set(active.map(({ name }) => name).filter((name) => this.#whole.has(name)));
    let dropped = 0;
    for (const part of active) {
      if (whole.has(part.name) || !isMeant(part.name)) continue;
      const damage = await this.#damageOf(part);
      if (damage === undefined) whole.add(part.name);
      else if (await this.#remove(part.name, damage)) dropped += 1;
    }
    this.#whole = whole;
    if (dropped > 0) throw new AppError('search_unavailable', 'the engine wrote a damaged part, which was dropped', { retryAfterMs: 1000 });
  }

  /** What is wrong with the part; undefined where nothing is, or where it is no more. */
  async #damageOf({ name, directory }: Part): Promise<string | undefined> {
    const empty = await this.#options.emptyDescription?.(directory);
    if (empty !== undefined) return `${empty} is empty`;
    const check = `CHECK TABLE ${logsTable} PART '${name}' SETTINGS check_query_single_value_result = 0`;
    const checked = await this.#options.database.selectInternal(check, {}, 'flush');
    const failed = checked.find(([, isWhole]) => Number(isWhole) !== 1);
    return failed === undefined ? undefined : String(failed[2]);
  }

  /** True where the part was dropped: lines that were never committed are still in their memtable. */
  async #remove(part: string, damage: string): Promise<boolean> {
    if (!this.#damaged.has(part)) {
      this.#damaged.add(part);
      this.#damagedParts += 1;
      this.#options.logger.error({ part, damage }, 'the engine wrote a part that is not whole');
    }
    if (!writtenPart.test(part)) {
      for (const listener of this.#listeners) listener(part);
      return false;
    }
    await this.#options.database.command(`ALTER TABLE ${logsTable} DROP PART '${part}'`, 'flush');
    return true;
  }

  async #activeParts(): Promise<readonly Part[]> {
    const rows = await this.#options.database.selectInternal(
      `SELECT name, path, modification_time > now() - ${mergeTreeDurability.old_parts_lifetime} FROM system.parts WHERE active AND rows > 0 AND database = currentDatabase() AND table = '${logsTable}'`,
    );
    return rows.map(([name, directory, isYoung]) => ({ name: String(name), directory: String(directory), isYoung: Number(isYoung) === 1 }));
  }
}
