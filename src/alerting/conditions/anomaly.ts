/**
 * anomaly: windows of five minutes of a service that do not look like its own past. `volume` and `warn` are judged against
 * their season (anomaly/season.ts), `forest` by an isolation forest over features of the window.
 *
 * Goes by event time; the verdict of a window holds until the next is judged. The value is the number of usual deviations
 * from what was expected, negative for less, of the forest its score; the detail says what stood out. What nothing comes
 * of any more is forgotten after `alerts.forget_silent_after`, and not before it missed a whole week.
 */
import { ForestDetector } from '../anomaly/forest-detector.ts';
import { SeasonDetector } from '../anomaly/season-detector.ts';
import { seedOf } from '../anomaly/seeded-random.ts';
import { sensitivities } from '../anomaly/sensitivity.ts';
import { pastWindows } from '../anomaly/past-windows.ts';
import { ServiceWindows } from '../anomaly/service-windows.ts';
import type { Detector } from '../anomaly/service-windows.ts';
import { windowMs, windowOf } from '../anomaly/window-figures.ts';
import type { OpenWindow } from '../anomaly/window-figures.ts';
import type { SeasonCounts } from '#store/season-reads.ts';
import type { ConditionOf } from '../alert-rule.ts';
import { noGroup } from '../condition-state.ts';
import type { ConditionContext, ConditionState, CreateCondition, MatchedLines, Verdict } from '../condition-state.ts';

/** A service that only works on some days is not forgotten over the others. */
const leastMemoryMs = 8 * 86_400_000;
/** What was learned of a service that sent no line since: its detector, and the window before which it knows all. */
interface Learned {
  readonly detector: Detector;
  readonly before: number;
}

type SavedLearned = readonly [service: string, before: number, detector: unknown];

const wordRange = 2 ** 32;
const nanosecondsPerMs = 1e6;

class AnomalyState implements ConditionState {
  readonly inputs;
  readonly keepsSilentGroups = true;
  readonly #condition: ConditionOf<'anomaly'>;
  readonly #context: ConditionContext;
  readonly #services: (ServiceWindows | undefined)[] = [];
  readonly #learned = new Map<string, Learned>();
  wantsPast = true;

  constructor(condition: ConditionOf<'anomaly'>, context: ConditionContext) {
    this.inputs = [context.query()];
    this.#condition = condition;
    this.#context = context;
  }

  take(_input: number, lines: MatchedLines): void {
    const { view, rows, groups, timesMs } = lines;
    const { latenessMs } = this.#context;
    const eventTimes = new Int32Array(view.ts.buffer, view.ts.byteOffset, view.rowCount * 2);
    const features = this.#condition.signal === 'forest' ? this.#featuresOf(lines) : undefined;
    let group = noGroup;
    let service: ServiceWindows | undefined;
    let window: OpenWindow | undefined;
    let index = Number.NaN;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (groups[i] === noGroup) continue;
      const timeMs = timesMs[row];
      if (groups[i] !== group || service === undefined) {
        service = this.#serviceOf((group = groups[i]), timeMs);
        window = undefined;
      }
      if (window === undefined || windowOf(timeMs) !== index) {
        window = service.windowAt(timeMs);
        index = windowOf(timeMs);
      }
      const eventMs = ((eventTimes[row * 2] >>> 0) + eventTimes[row * 2 + 1] * wordRange) / nanosecondsPerMs;
      const weight = 1 / view.sampleRate[row];
      window.add(view.level[row], weight, timeMs - eventMs > latenessMs);
      features?.(row, weight, window, service);
    }
  }

  judge(group: number, tickMs: number, wasMet: boolean): Verdict {
    const service = this.#services[group];
    if (service === undefined) return { isMet: false, value: undefined, hasData: false };
    service.close(tickMs, this.#context.stream.listeningMs);
    const isKnown = tickMs < this.#forgetMs(service);
    const { isMet, value, detail } = service.finding;
    // an incident that ends keeps what was found, and not that the season is still being learned
    return { isMet: isMet && isKnown, value, hasData: isKnown, detail: wasMet && !isMet ? undefined : detail };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const service = this.#services[group];
    if (service === undefined) return undefined;
    const forgetMs = this.#forgetMs(service);
    return tickMs >= forgetMs ? undefined : Math.max(tickMs + 1, Math.min(forgetMs, service.nextCloseMs));
  }

  drop(group: number): void {
    this.#services[group] = undefined;
  }

  save(group: number): unknown {
    return this.#services[group]?.save() ?? null;
  }

  restore(group: number, saved: unknown): void {
    if (saved === null) return;
    this.#services[group] = ServiceWindows.restored(saved, this.#detectorOf(this.#nameOf(group)), this.#timesOf(group));
  }

  /** Of rules by service alone; others learn as they go. */
  learnPast(past: readonly SeasonCounts[], isLast: boolean): void {
    const groups = new Map(this.#services.flatMap((known, group) => (known === undefined ? [] : [[this.#nameOf(group), known] as const])));
    for (const counts of past) {
      const known = groups.get(counts.service);
      const detector = this.#detectorOf(counts.service);
      const before = pastWindows(counts, known?.next ?? Number.POSITIVE_INFINITY, (window) => detector.learn(window));
      if (known === undefined) this.#learned.set(counts.service, { detector, before });
      else known.adopt(detector, before);
    }
    if (isLast) this.wantsPast = false;
  }

  saveShared(): unknown {
    const learned = Array.from(this.#learned, ([service, { detector, before }]): SavedLearned => [service, before, detector.save()]);
    return { wantsPast: this.wantsPast, learned };
  }

  restoreShared(saved: unknown): void {
    const { wantsPast, learned } = saved as { readonly wantsPast: boolean; readonly learned: readonly SavedLearned[] };
    this.wantsPast = wantsPast;
    for (const [service, before, state] of learned) {
      const detector = this.#detectorOf(service);
      if (detector.restore(state)) this.#learned.set(service, { detector, before });
    }
  }

  get bytes(): number {
    let bytes = 0;
    for (const service of this.#services) bytes += service?.bytes ?? 8;
    for (const { detector } of this.#learned.values()) bytes += detector.bytes;
    return bytes;
  }

  /** What the forest looks at besides levels: patterns and durations. */
  #featuresOf({ view, fields }: MatchedLines): (row: number, weight: number, window: OpenWindow, service: ServiceWindows) => void {
    const { limits } = this.#context;
    const { durationAttributes } = limits.anomaly;
    const patterns = new Uint32Array(view.patternId.buffer, view.patternId.byteOffset, view.rowCount * 2);
    return (row, weight, window, { known }) => {
      const low = patterns[row * 2];
      const high = patterns[row * 2 + 1];
      if ((low | high) !== 0) window.addPattern(low, high, known, limits.maxKeysPerGroup);
      for (const name of durationAttributes) {
        const durationMs = fields.number(row, name);
        if (!(durationMs >= 0)) continue;
        window.addDuration(durationMs, weight);
        return;
      }
    };
  }

  #serviceOf(group: number, firstMs: number): ServiceWindows {
    const known = this.#services[group];
    if (known !== undefined) return known;
    const name = this.#nameOf(group);
    const learned = this.#learned.get(name);
    const service = new ServiceWindows(learned?.detector ?? this.#detectorOf(name), { firstMs, ...this.#timesOf(group) });
    if (learned !== undefined) service.adopt(learned.detector, learned.before);
    this.#learned.delete(name);
    this.#services[group] = service;
    return service;
  }

  #detectorOf(name: string): Detector {
    const { signal, direction = 'both', sensitivity: word = 'medium' } = this.#condition;
    const sensitivity = sensitivities[word];
    if (signal !== 'forest') return new SeasonDetector({ signal, direction, sensitivity });
    const { trees, sampleWindows, growIntervalMs } = this.#context.limits.anomaly;
    const growEvery = Math.max(1, Math.round(growIntervalMs / windowMs));
    return new ForestDetector({ sensitivity, seed: seedOf(name), trees, sampleSize: sampleWindows, growEvery });
  }

  #timesOf(group: number): { readonly latenessMs: number; readonly stagger: number } {
    return { latenessMs: this.#context.latenessMs, stagger: (seedOf(this.#nameOf(group)) % 1000) / 1000 };
  }

  /** Of the group: the service, or whatever the rule groups by. */
  #nameOf(group: number): string {
    return this.#context.groupOf(group).join('\n');
  }

  #forgetMs({ lastLineMs }: ServiceWindows): number {
    return lastLineMs + Math.max(leastMemoryMs, this.#context.limits.forgetSilentMs);
  }
}

export const createAnomaly: CreateCondition<ConditionOf<'anomaly'>> = (condition, context) => new AnomalyState(condition, context);
