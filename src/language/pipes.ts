/**
 * Pipes of the query language: what is made of the lines that a query finds. Text → pipeline (`parsePipeline`) → plan
 * (`planPipeline`), and from that one SQL statement (`compilePipes`) or a table in memory (`evaluatePipes`), which mean the
 * same (test/language/pipes.test.ts). Specification: docs/specs/query-language.md.
 */
export { parsePipeline } from './pipes/parser.ts';
export { printPipeline } from './pipes/printer.ts';
export { planPipeline } from './pipes/plan.ts';
export { compilePipes } from './pipes/compile-sql.ts';
export { evaluatePipes } from './pipes/evaluate.ts';
export { pipeLines } from './pipes/lines.ts';
export { askedRows, groupsOf, lineCountsOf, takesNewestLines } from './pipes/plan-facts.ts';
export type { Pipeline, Stage, StageKind } from './pipes/nodes.ts';
export type { GroupStep, OutputColumn, PipePlan, ValueType } from './pipes/plan-nodes.ts';
export type { CompiledPipes, CountsQuery, PipeSource } from './pipes/compile-sql.ts';
export type { LinesQuery } from './pipes/sql-rows.ts';
export type { PipeLines, PipeResult } from './pipes/evaluate.ts';
export type { PipeValue } from './pipes/values.ts';
