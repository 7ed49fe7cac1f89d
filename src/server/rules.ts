/** Rules that are set at run time, as the server uses them: kept as documents, and asked again when lines are replayed. */
import { join } from 'node:path';
import { Reparser } from '#ingest/reparse.ts';
import { RuleBook } from '#ingest/rule-book.ts';
import type { Documents } from '#metadata/documents.ts';
import { openSqliteDocuments } from '#metadata/sqlite.ts';
import type { RecordFinisher } from '#model/log-batch.ts';
import { configuredRules } from '#parsing/parser-rules.ts';
import { createParserSet, mustBeParserRule } from '#parsing/parser-set.ts';
import { minerLimits } from '#patterns/config.ts';
import type { PatternCatalogue } from '#patterns/pattern-catalogue.ts';
import { findPatterns } from '#patterns/batch-patterns.ts';
import { PatternMiner } from '#patterns/pattern-miner.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import type { Config } from './config.ts';
import type { Site } from './site.ts';

/** The database of what people set at run time. */
export async function openMetadata({ closers, directory }: Site): Promise<Documents> {
  await nodeFiles.makeDirectory(directory.part('metadata'));
  const documents = await openSqliteDocuments(join(directory.part('metadata'), 'metadata.db'));
  closers.add('metadata', () => documents.close());
  return documents;
}

export function openRules({ config }: Site, documents: Documents): Promise<RuleBook> {
  return RuleBook.open({
    documents,
    checkParser: (rule) => mustBeParserRule(rule, config.parsing),
    maxRulesPerTenant: config.policies.max_rules_per_tenant,
    clock: systemClock,
  });
}

/** Parses lines of a replay by the rules that hold when it runs, and finds their patterns as when they were taken. */
export function reparserOf(
  { parsing, ingest, patterns }: Config,
  rules: RuleBook,
  catalogue: PatternCatalogue,
): (block: Uint8Array) => Uint8Array {
  const limits = {
    maxAttributes: ingest.max_attributes_per_record,
    maxNameBytes: ingest.max_attribute_name_bytes,
    maxOverflowBytes: ingest.max_record_bytes,
  };
  const parsers = createParserSet([], parsing, limits, systemClock);
  const miner = patterns.enabled ? new PatternMiner(minerLimits(patterns)) : undefined;
  let knownTemplates = -1;
  let used: unknown;
  const finisherOf = (tenant: string, content: 'text' | 'records'): RecordFinisher | undefined => {
    if (used !== rules.live) {
      used = rules.live;
      parsers.replace([...configuredRules(parsing), ...rules.live.parsers]);
    }
    return parsers.finisherOf({ tenant, receiver: '', content });
  };
  const reparser = new Reparser(finisherOf, limits, ingest.max_clock_skew, miner && ((rows, tenant) => findPatterns(miner, rows, tenant)));
  return (block) => {
    if (knownTemplates !== catalogue.size) miner?.restore(catalogue.forMiners());
    const parsed = reparser.reparse(block);
    catalogue.learn(miner?.drainLearnt() ?? []);
    knownTemplates = catalogue.size;
    return parsed;
  };
}
