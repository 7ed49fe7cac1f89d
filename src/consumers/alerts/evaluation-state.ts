/** What a checkpoint holds: where the evaluation stands in the log, its rules as they were then, and the state of each. */
import type { AlertRule } from '#alerting/alert-rule.ts';
import type { Evaluator } from '#alerting/evaluator.ts';
import type { Logger } from '#platform/logger.ts';
import type { CheckpointFile } from './checkpoint-file.ts';
import { OpenIncidents } from './open-incidents.ts';

export interface EvaluationFacts {
  /** Of the log: in another life of it the positions mean nothing. */
  readonly incarnation: number;
  readonly tickMs: number;
  readonly position: ReadonlyMap<number, number>;
  readonly rules: readonly AlertRule[];
}

export interface RestoredEvaluation extends Omit<EvaluationFacts, 'incarnation'> {
  readonly evaluator: Evaluator;
  readonly incidents: OpenIncidents;
}

interface FirstLine {
  readonly incarnation: number;
  readonly tickMs: number;
  readonly position: Readonly<Record<string, number>>;
  /** Lines of rules that follow the line of open incidents; those of the evaluator come behind them. */
  readonly rules: number;
}

export function* checkpointLines(
  { incarnation, tickMs, position, rules }: EvaluationFacts,
  incidents: OpenIncidents,
  evaluator: Evaluator,
): Generator<string> {
  const first: FirstLine = { incarnation, tickMs, position: Object.fromEntries(position), rules: rules.length };
  yield JSON.stringify(first);
  yield incidents.save();
  for (const rule of rules) yield JSON.stringify(rule);
  yield* evaluator.save();
}

export interface RestoreOptions {
  readonly checkpoint: CheckpointFile;
  readonly incarnation: number;
  readonly createEvaluator: () => Evaluator;
  readonly logger: Logger;
}

/** From the checkpoint; undefined, with a word why, where there is none that can be used. */
export async function restoreEvaluation({
  checkpoint,
  incarnation,
  createEvaluator,
  logger,
}: RestoreOptions): Promise<RestoredEvaluation | undefined> {
  const content = await checkpoint.read().catch((error: unknown) => String(error));
  if (content === 'missing') return undefined;
  const refuse = (reason: string): undefined => {
    logger.warn({ reason }, 'alerts: the saved state cannot be used; windows are filled from the log as far as it reaches');
    return undefined;
  };
  if (typeof content === 'string') return refuse(content);
  try {
    const [firstLine, openLine, ...rest] = content.lines;
    const first = JSON.parse(firstLine) as FirstLine;
    if (first.incarnation !== incarnation) return refuse('the log began anew');
    const rules = rest.slice(0, first.rules).map((line) => JSON.parse(line) as AlertRule);
    // Nothing was evaluated: there is nothing to go on with, and the time until now need not be gone through.
    if (!rules.some(({ body }) => body.enabled !== false)) return undefined;
    const evaluator = createEvaluator();
    evaluator.setRules(rules, first.tickMs);
    evaluator.restore(rest.slice(first.rules));
    const incidents = new OpenIncidents();
    incidents.restore(openLine);
    const position = new Map(Object.entries(first.position).map(([shard, sequence]) => [Number(shard), sequence]));
    return { evaluator, incidents, rules, tickMs: first.tickMs, position };
  } catch (error) {
    return refuse(String(error));
  }
}
