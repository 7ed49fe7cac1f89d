/**
 * The windows of one service, from their first line to their verdict. A window is judged when no line of it can come any
 * more (its end and `alerts.lateness`), a little later for each service, so that not all are judged at one tick. Not judged,
 * and not learned from, are windows that nobody can know whole: that of the first line, those in which the server did not
 * listen, and those to which many more lines than usual came late.
 *
 * Called by conditions/anomaly.ts.
 */
import { PatternSet } from '../conditions/pattern-set.ts';
import type { Finding } from './finding.ts';
import { emptyWindow, OpenWindow, windowMs, windowOf } from './window-figures.ts';
import type { WindowFigures } from './window-figures.ts';

/** What both detectors are. */
export interface Detector {
  judge(window: WindowFigures): Finding;
  pass(): void;
  learn(window: WindowFigures): void;
  readonly windows: number;
  readonly bytes: number;
  save(): unknown;
  restore(saved: unknown): boolean;
}

/** Of a service that is just known. */
const nothingFound: Finding = { isMet: false, value: 0, detail: undefined };
/** All services are judged within so much time. */
const staggerMs = 20_000;
/** Late lines beyond what is usual, as a share of all, that make a window unknown. */
const mostLate = 0.1;
const fewestLate = 5;
const lateGain = 0.05;

export class ServiceWindows {
  #detector: Detector;
  readonly known = new PatternSet();
  readonly #closeAfterMs: number;
  readonly #maxOpen: number;
  /** By rising number; few. */
  #open: OpenWindow[] = [];
  /** Number of the next window to be judged. */
  #next: number;
  /** Windows before it are not whole. */
  #wholeFrom: number;
  #lastLineMs: number;
  /** Usual share of late lines. */
  #late = 0;
  #finding: Finding = nothingFound;

  /** `stagger`: from 0 to 1. */
  constructor(
    detector: Detector,
    { firstMs, latenessMs, stagger }: { readonly firstMs: number; readonly latenessMs: number; readonly stagger: number },
  ) {
    this.#detector = detector;
    this.#closeAfterMs = windowMs + latenessMs + Math.floor(stagger * staggerMs);
    this.#maxOpen = Math.ceil(this.#closeAfterMs / windowMs) + 2;
    this.#next = windowOf(firstMs);
    this.#wholeFrom = this.#next + 1;
    this.#lastLineMs = firstMs;
  }

  get bytes(): number {
    return 300 + this.#detector.bytes + this.known.bytes + this.#open.reduce((sum, window) => sum + window.bytes, 0);
  }

  get finding(): Finding {
    return this.#finding;
  }

  get lastLineMs(): number {
    return this.#lastLineMs;
  }

  /** When the next window is to be judged. */
  get nextCloseMs(): number {
    return this.#next * windowMs + this.#closeAfterMs;
  }

  /** Number of the next window to be judged: what lies before is past. */
  get next(): number {
    return this.#next;
  }

  /** Takes the place of what was learned so far; it knows the windows before that number. */
  adopt(detector: Detector, before: number): void {
    if (before < this.#next) detector.pass();
    this.#detector = detector;
  }

  /** The window of a line of that time; lines beyond what is open count in the window next to them. */
  windowAt(timeMs: number): OpenWindow {
    if (timeMs > this.#lastLineMs) this.#lastLineMs = timeMs;
    const index = Math.max(this.#next, Math.min(this.#next + this.#maxOpen, windowOf(timeMs)));
    for (let at = this.#open.length - 1; at >= 0; at--) if (this.#open[at].index === index) return this.#open[at];
    const window = new OpenWindow(index);
    this.#open.push(window);
    this.#open.sort((a, b) => a.index - b.index);
    return window;
  }

  /** Judges the windows that are over. `listeningMs`: since when the server hears all that comes. */
  close(tickMs: number, listeningMs: number): void {
    if (tickMs < this.nextCloseMs) return;
    if (Number.isFinite(listeningMs)) this.#wholeFrom = Math.max(this.#wholeFrom, windowOf(listeningMs) + 1);
    const over = windowOf(tickMs - this.#closeAfterMs) + 1;
    if (this.#next < Math.min(this.#wholeFrom, over)) {
      this.#next = Math.min(this.#wholeFrom, over);
      this.#open = this.#open.filter(({ index }) => index >= this.#next);
      this.#detector.pass();
    }
    for (; this.#next < over; this.#next++) {
      const isOpen = this.#open.length > 0 && this.#open[0].index === this.#next;
      const window = isOpen ? this.#open.shift() : undefined;
      this.#judge(window === undefined ? emptyWindow(this.#next * windowMs) : window.figures());
    }
  }

  save(): unknown {
    const { isMet, value, detail = null } = this.#finding;
    return {
      windows: this.#open.map((window) => window.save()),
      place: [this.#next, this.#wholeFrom, this.#lastLineMs, this.#late],
      finding: [isMet, value, detail],
      detector: this.#detector.save(),
      known: this.known.save(),
    };
  }

  static restored(
    saved: unknown,
    detector: Detector,
    { latenessMs, stagger }: { readonly latenessMs: number; readonly stagger: number },
  ): ServiceWindows | undefined {
    const { windows, place, finding, detector: savedDetector, known } = (saved ?? {}) as Record<string, unknown>;
    if (!Array.isArray(windows) || !Array.isArray(place) || place.length !== 4 || !Array.isArray(finding)) return undefined;
    if (!detector.restore(savedDetector) || typeof known !== 'string') return undefined;
    const restored = new ServiceWindows(detector, { firstMs: 0, latenessMs, stagger });
    [restored.#next, restored.#wholeFrom, restored.#lastLineMs, restored.#late] = place as number[];
    restored.#open = windows.flatMap((window) => OpenWindow.restored(window) ?? []);
    const [isMet, value, detail] = finding as [boolean, number, string | null];
    restored.#finding = { isMet, value, detail: detail ?? undefined };
    for (let at = 0; at + 16 <= known.length; at += 16) restored.known.addId(known.slice(at, at + 16));
    return restored;
  }

  #judge(figures: WindowFigures): void {
    const { lines, lateLines } = figures;
    const arrears = lateLines - this.#late * lines;
    if (lines > 0) this.#late += lateGain * (lateLines / lines - this.#late);
    if (arrears > Math.max(fewestLate, mostLate * lines)) this.#detector.pass();
    else this.#finding = this.#detector.judge(figures);
  }
}
