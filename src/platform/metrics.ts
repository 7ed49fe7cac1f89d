/**
 * Prometheus metrics over prom-client. A metric is declared as data (`MetricSpec`, in a module's `metrics.ts`), so that
 * the reference page is generated from the declarations; a registry belongs to one process and is passed in, never global.
 *
 * Names: `millrace_<area>_<what>[_<unit>][_total]`; counters end in `_total`, histograms in their unit.
 * Called by every module that counts, and by the API for `/metrics`. Worker threads count in plain numbers and send
 * what they counted; `addDeltas` and `readAtScrape` take it in.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { invariant } from '#base/errors.ts';

export type { Counter, Gauge, Histogram };

export interface MetricSpec {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets, rising, without infinity. */
  readonly buckets?: readonly number[];
}

export type Labels = Readonly<Record<string, string | number>>;

/** A counter's or gauge's value, read when `/metrics` is asked. */
export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
}

/** A histogram's state: how many observations fell into each bucket (the last beyond all bounds), and their sum. */
export interface HistogramSample {
  readonly counts: readonly number[];
  readonly sum: number;
  readonly labels?: Labels;
}

/** What a worker counted since it last told. */
export interface CounterDelta {
  readonly name: string;
  readonly amount: number;
  readonly labels?: Labels;
}

const namePattern = /^millrace(_[a-z][a-z0-9]*){2,}$/;
const histogramUnits = ['seconds', 'bytes', 'lines', 'records', 'rows'];

/** True for a well-formed declaration; tells declarations from other exports of a `metrics.ts`. */
export function isMetricSpec(value: unknown): value is MetricSpec {
  return typeof value === 'object' && value !== null && 'name' in value && 'kind' in value && 'help' in value;
}

/** Why a declaration breaks the naming rule; undefined where it keeps it. */
export function whyBadSpec({ name, kind, help, labels = [], buckets }: MetricSpec): string | undefined {
  if (!namePattern.test(name)) return `metric "${name}" is not named millrace_<area>_<what>`;
  if ((kind === 'counter') !== name.endsWith('_total')) return `metric "${name}": counters, and only they, end in _total`;
  if (kind === 'histogram' && !histogramUnits.some((unit) => name.endsWith(`_${unit}`)))
    return `histogram "${name}" does not end in its unit`;
  if (kind === 'histogram' && (buckets === undefined || buckets.length === 0)) return `histogram "${name}" has no buckets`;
  if (help === '') return `metric "${name}" has no help`;
  const badLabel = labels.find((label) => !/^[a-z][a-z0-9_]*$/.test(label));
  return badLabel === undefined ? undefined : `metric "${name}": label "${badLabel}" is not snake_case`;
}

/** The metrics of one process. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();

  get contentType(): string {
    return this.#registry.contentType;
  }

  counter(spec: MetricSpec): Counter {
    const counter = new Counter({ ...this.#admit(spec, 'counter'), registers: [this.#registry] });
    this.#counters.set(spec.name, counter);
    return counter;
  }

  gauge(spec: MetricSpec): Gauge {
    return new Gauge({ ...this.#admit(spec, 'gauge'), registers: [this.#registry] });
  }

  histogram(spec: MetricSpec): Histogram {
    return new Histogram({ ...this.#admit(spec, 'histogram'), buckets: [...(spec.buckets ?? [])], registers: [this.#registry] });
  }

  /** A counter or gauge whose values are read at each scrape: for what is counted elsewhere. */
  readAtScrape(spec: MetricSpec, read: () => Iterable<Sample>): void {
    invariant(spec.kind !== 'histogram', `"${spec.name}" is a histogram`);
    const config = this.#admit(spec, spec.kind);
    this.#addCollected(config, spec.kind, () => Array.from(read(), ({ value, labels = {} }) => ({ value, labels })));
  }

  /** A histogram whose buckets are counted elsewhere and read at each scrape. */
  readHistogramAtScrape(spec: MetricSpec, read: () => Iterable<HistogramSample>): void {
    const config = this.#admit(spec, 'histogram');
    const bounds = [...(spec.buckets ?? []), Number.POSITIVE_INFINITY];
    this.#addCollected(config, 'histogram', () => Array.from(read(), (sample) => histogramValues(spec.name, bounds, sample)).flat());
  }

  /** Adds what a worker counted; the counters must have been declared here. */
  addDeltas(deltas: Iterable<CounterDelta>): void {
    for (const { name, amount, labels = {} } of deltas) {
      const counter = this.#counters.get(name);
      invariant(counter !== undefined, `counter "${name}" is not declared`);
      counter.inc(labels, amount);
    }
  }

  /** Memory, CPU, event loop and garbage collection of this process, under prom-client's own names. */
  addProcessMetrics(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** The page that Prometheus reads. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #admit(spec: MetricSpec, kind: MetricSpec['kind']): { name: string; help: string; labelNames: string[] } {
    const problem = spec.kind === kind ? whyBadSpec(spec) : `metric "${spec.name}" is declared as a ${spec.kind}`;
    invariant(problem === undefined, problem ?? '');
    invariant(this.#registry.getSingleMetric(spec.name) === undefined, `metric "${spec.name}" is there twice`);
    return { name: spec.name, help: spec.help, labelNames: [...(spec.labels ?? [])] };
  }

  /** prom-client asks a registered metric only for its name and `get`; the cast says so. */
  #addCollected(config: { name: string; help: string }, type: MetricSpec['kind'], values: () => object[]): void {
    const metric = { ...config, type, aggregator: 'sum', get: () => ({ ...config, type, aggregator: 'sum', values: values() }) };
    this.#registry.registerMetric(metric as unknown as Gauge);
  }
}

/** Bucket counts are cumulative on the page. */
function histogramValues(name: string, bounds: readonly number[], { counts, sum, labels = {} }: HistogramSample): object[] {
  invariant(counts.length === bounds.length, `histogram "${name}" has ${bounds.length} buckets, got ${counts.length} counts`);
  let total = 0;
  const buckets = bounds.map((bound, index) => {
    total += counts[index];
    return { value: total, labels: { ...labels, le: bound === Number.POSITIVE_INFINITY ? '+Inf' : bound }, metricName: `${name}_bucket` };
  });
  return [...buckets, { value: sum, labels, metricName: `${name}_sum` }, { value: total, labels, metricName: `${name}_count` }];
}
