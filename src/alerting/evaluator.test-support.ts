/** Lines and rules for tests of the evaluator: batches as they lie in the log. */
import { LogBatchBuilder } from '#model/log-batch.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { selectRows } from '#model/select-rows.ts';
import type { BatchView } from '#model/batch-view.ts';
import type { AlertRule, AlertRuleBody } from './alert-rule.ts';
import { alertsConfig } from './config.ts';
import type { AlertsConfig } from './config.ts';
import { Evaluator } from './evaluator.ts';
import type { EvaluatorOptions, Transition } from './evaluator.ts';

export const defaults = Object.fromEntries(
  Object.entries(alertsConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
) as AlertsConfig;

export interface Line {
  readonly atMs: number;
  readonly service?: string;
  readonly host?: string;
  /** OpenTelemetry's number. */
  readonly level?: number;
  readonly message?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly sampleRate?: number;
  /** Id of the message's template. */
  readonly pattern?: bigint;
}

type Place = (source: Uint8Array, view: DataView, start: number, end: number) => void;

function give(text: string, take: Place): void {
  const bytes = new Uint8Array(Buffer.from(`..${text}..`));
  take(bytes, new DataView(bytes.buffer), 2, bytes.length - 2);
}

/** A block of the lines, in their order. */
export function blockOf(lines: readonly Line[], receivedMs: number, seq = 0): Uint8Array {
  const builder = new LogBatchBuilder();
  for (const line of lines) {
    const row = builder.rowCount;
    builder.begin();
    const ns = BigInt(Math.round(line.atMs)) * 1_000_000n;
    builder.setTime(Number(ns >> 32n), Number(ns & 0xffff_ffffn));
    builder.setLevel(line.level ?? 9);
    give(line.message ?? 'a message', (...source) => builder.message.append(row, ...source));
    give(line.service ?? '', (...source) => (builder.serviceIndexes[row] = builder.services.indexOf(...source)));
    give(line.host ?? '', (...source) => (builder.hostIndexes[row] = builder.hosts.indexOf(...source)));
    for (const [name, value] of Object.entries(line.attributes ?? {})) {
      let key = 0;
      give(name, (...source) => (key = builder.attributes.keys.indexOf(...source)));
      give(value, (...source) => builder.addAttribute(key, 0x73, ...source));
    }
    if (line.pattern !== undefined) builder.setPattern(row, Number(line.pattern >> 32n), Number(line.pattern & 0xffff_ffffn));
    builder.commit();
  }
  const block = builder.finish({ tenant: 't', receivedMs, origin: 64, seq, maxClockSkewMs: 30_000 });
  if (lines.every(({ sampleRate }) => sampleRate === undefined)) return block;
  const rates = Float32Array.from(lines, ({ sampleRate = 1 }) => sampleRate);
  return selectRows(block, new Uint8Array(lines.length).fill(1), rates);
}

export const batchOf = (lines: readonly Line[], receivedMs: number, seq = 0): BatchView => readNativeBlock(blockOf(lines, receivedMs, seq));

export function ruleOf(id: string, body: Partial<AlertRuleBody> & Pick<AlertRuleBody, 'condition'>, version = 1): AlertRule {
  return { id, tenant: 't', version, updatedMs: 0, updatedBy: '', body: { name: `rule ${id}`, ...body } };
}

/** A minute that begins with a full hour. */
export const startMs = 1_800_000_000_000 - (1_800_000_000_000 % 3_600_000);

/** An evaluator with a clock that it is told by ticks of half a second. */
export class Scene {
  readonly evaluator: Evaluator;
  nowMs = startMs;
  readonly told: Transition[] = [];
  #seq = 0;

  constructor(
    rules: readonly AlertRule[],
    options: Omit<Partial<EvaluatorOptions>, 'limits'> & { readonly limits?: Partial<AlertsConfig> } = {},
  ) {
    this.evaluator = new Evaluator({ ...options, limits: { ...defaults, ...options.limits } });
    this.evaluator.setRules(rules, startMs);
  }

  /** Takes lines that are received now; without a time they were written now. */
  lines(lines: readonly (Omit<Line, 'atMs'> & { readonly atMs?: number })[], receivedMs = this.nowMs): this {
    const dated = lines.map((line) => ({ atMs: receivedMs, ...line }));
    this.evaluator.take('t', batchOf(dated, receivedMs, this.#seq++), receivedMs);
    return this;
  }

  times(count: number, line: Omit<Line, 'atMs'> & { readonly atMs?: number }): this {
    return count === 0 ? this : this.lines(Array.from({ length: count }, () => line));
  }

  /** Goes on by so much, with ticks; returns what happened as texts `+5.5s fired r1 {group}`. */
  pass(durationMs: number): string[] {
    const told: string[] = [];
    const untilMs = this.nowMs + durationMs;
    while (this.nowMs < untilMs) {
      this.nowMs = Math.min(untilMs, this.nowMs + 500);
      for (const transition of this.evaluator.tick(this.nowMs)) {
        this.told.push(transition);
        const { event, incident } = transition;
        const group = Object.values(incident.group).join(',');
        told.push(`+${(event.atMs - startMs) / 1000}s ${event.kind} ${incident.ruleId}${group === '' ? '' : ` ${group}`}`);
      }
    }
    return told;
  }

  state(ruleId: string) {
    return this.evaluator.ruleStates().find((state) => state.ruleId === ruleId);
  }
}
