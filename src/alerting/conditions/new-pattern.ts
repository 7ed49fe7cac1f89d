/**
 * new_pattern: a pattern of messages never seen before in its service, whatever the groups of the rule are.
 *
 * Known is what the catalogue of patterns had before the rule began, and every pattern of a line since. A service without
 * name is one of its own. After the first line of a service, matching or not, its patterns are learned for `learn_ms`
 * without a word. A line without a pattern (`patterns.enabled` off, or its templates are too many) says nothing.
 *
 * Goes by arrival: the verdict holds for the window after the line came. The value is the number of patterns in the window.
 */
import { MaskedTokens } from '#patterns/masked-tokens.ts';
import { piecesOf, textOf } from '#patterns/template.ts';
import { noGroup } from '../condition-state.ts';
import type { ConditionContext, ConditionState, CreateCondition, MatchedLines, Verdict } from '../condition-state.ts';
import type { ConditionOf } from '../alert-rule.ts';
import type { BatchView } from '#model/batch-view.ts';
import { KnownPatterns } from './known-patterns.ts';
import type { KnownService } from './known-patterns.ts';
import { hexId } from './pattern-set.ts';
import { shortened } from './shortened.ts';

/** A pattern as it was found. */
type Found = readonly [atMs: number, service: string, id: string, text: string];

interface Group {
  /** By rising time. */
  found: Found[];
  /** Of the last line. */
  lastMs: number;
}

const bytesPerFound = 400;
const bytesPerGroup = 120;
/** Patterns that the detail tells in full. */
const shownPatterns = 3;
const maxTextLength = 200;
/** As `patterns.max_tokens` and `patterns.max_message_bytes` have it by default: what a reader can take in. */
const tokens = new MaskedTokens({ maxTokens: 64, maxBytes: 1024 });

class NewPatternState implements ConditionState {
  readonly inputs;
  readonly #windowMs: number;
  readonly #learnMs: number;
  readonly #context: ConditionContext;
  readonly #known: KnownPatterns;
  readonly #groups = new Map<number, Group>();
  #isSeeded = false;
  /** It was said that no more can be known. */
  #isFullTold = false;

  constructor(windowMs: number, learnMs: number, context: ConditionContext) {
    this.inputs = [context.query()];
    this.#windowMs = windowMs;
    this.#learnMs = learnMs;
    this.#context = context;
    this.#known = new KnownPatterns(context.limits.maxKnownPatterns);
  }

  take(_input: number, lines: MatchedLines): void {
    const { view, rows, groups } = lines;
    this.#seed();
    const { indexes, values } = view.dictionary('service');
    const services: (KnownService | undefined)[] = new Array(values.length);
    const words = new Uint32Array(view.patternId.buffer, view.patternId.byteOffset, view.rowCount * 2);
    const atMs = this.#context.stream.lastArrivalMs;
    let groupNumber = noGroup;
    let group: Group | undefined;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (groups[i] === noGroup) continue;
      if (groups[i] !== groupNumber || group === undefined) group = this.#groupOf((groupNumber = groups[i]));
      if (atMs > group.lastMs) group.lastMs = atMs;
      const low = words[row * 2];
      const high = words[row * 2 + 1];
      if ((low | high) === 0) continue;
      const place = indexes[row];
      const service = (services[place] ??= this.#serviceOf(values[place], atMs));
      if (service.patterns.has(low, high)) continue;
      if (this.#known.isFull) this.#tellFull(group, atMs);
      else if (this.#known.add(service, low, high) && atMs >= service.sinceMs + this.#learnMs)
        this.#tell(group, [atMs, values[place], hexId(low, high), templateOf(view, row)]);
    }
  }

  judge(group: number, tickMs: number): Verdict {
    const held = this.#groupOf(group);
    const fromMs = tickMs - this.#windowMs;
    const gone = held.found.findIndex(([atMs]) => atMs > fromMs);
    if (gone !== 0) held.found = gone < 0 ? [] : held.found.slice(gone);
    const { found, lastMs } = held;
    return {
      isMet: found.length > 0,
      value: found.length,
      hasData: found.length > 0 || lastMs > fromMs,
      detail: found.length > 0 ? detailOf(found) : undefined,
    };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const { found, lastMs } = this.#groupOf(group);
    const endMs = (found.length > 0 ? found[0][0] : lastMs) + this.#windowMs;
    return endMs > tickMs ? endMs : undefined;
  }

  drop(group: number): void {
    this.#groups.delete(group);
  }

  save(group: number): unknown {
    const { found, lastMs } = this.#groupOf(group);
    return [Number.isFinite(lastMs) ? lastMs : null, found];
  }

  restore(group: number, saved: unknown): void {
    const [lastMs, found] = saved as [number | null, Found[]];
    this.#groups.set(group, { found, lastMs: lastMs ?? Number.NEGATIVE_INFINITY });
  }

  saveShared(): unknown {
    this.#seed();
    return [this.#isFullTold, this.#known.save()];
  }

  restoreShared(saved: unknown): void {
    const [isFullTold, known] = saved as [boolean, unknown];
    this.#isSeeded = true;
    this.#isFullTold = isFullTold;
    this.#known.restore(known);
  }

  get bytes(): number {
    let bytes = this.#known.bytes;
    for (const { found } of this.#groups.values()) bytes += bytesPerGroup + found.length * bytesPerFound;
    return bytes;
  }

  #groupOf(number: number): Group {
    let group = this.#groups.get(number);
    if (group === undefined) {
      group = { found: [], lastMs: Number.NEGATIVE_INFINITY };
      this.#groups.set(number, group);
    }
    return group;
  }

  /** Once in the life of a rule, before its first line: later the catalogue has patterns of lines that are read again. */
  #seed(): void {
    if (this.#isSeeded) return;
    this.#isSeeded = true;
    const { patternsBefore, beganMs } = this.#context;
    if (patternsBefore !== undefined) this.#known.seed(patternsBefore(beganMs()));
  }

  #serviceOf(name: string, atMs: number): KnownService {
    return this.#known.service(name, this.#context.stream.serviceSinceMs(name) ?? atMs);
  }

  #tell({ found }: Group, one: Found): void {
    // shards are read side by side: a line may have come a little before the last
    let place = found.length;
    while (place > 0 && found[place - 1][0] > one[0]) place--;
    found.splice(place, 0, one);
    if (found.length > this.#context.limits.maxKeysPerGroup) found.shift();
  }

  /** Once: a rule that cannot know more must not look as if nothing new came. */
  #tellFull(group: Group, atMs: number): void {
    if (this.#isFullTold) return;
    this.#isFullTold = true;
    this.#tell(group, [
      atMs,
      '',
      '',
      `no further pattern is told: ${this.#known.size} are known, as many as "alerts.max_known_patterns" allows`,
    ]);
  }
}

/** The template as it is born of this line: later it may become more general (patterns/template.ts). */
function templateOf(view: BatchView, row: number): string {
  const { bytes, starts, ends } = view.text('message');
  tokens.scan(bytes, starts[row], ends[row], 0, 0);
  return shortened(textOf(piecesOf(tokens, bytes, starts[row])), maxTextLength);
}

function detailOf(found: readonly Found[]): string {
  const newest = found.slice(-shownPatterns).toReversed();
  const shown = newest.map(([, service, id, text]) =>
    id === '' ? text : `${service === '' ? '' : `${service}: `}"${text}" (pattern ${id})`,
  );
  const more = found.length - newest.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

export const createNewPattern: CreateCondition<ConditionOf<'new_pattern'>> = ({ window_ms: windowMs, learn_ms: learnMs }, context) =>
  new NewPatternState(windowMs, learnMs ?? context.limits.learnPatternsMs, context);
