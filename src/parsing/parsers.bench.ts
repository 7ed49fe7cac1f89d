/**
 * What a parser costs per line, beside a batch without parsing, chosen by name and by recognition once it has settled.
 *
 *   node src/parsing/parsers.bench.ts [lines] [parser]
 */
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { RecordFinisher } from '#model/log-batch.ts';
import { RecordWriter } from '#model/record-writer.ts';
import { systemClock } from '#platform/clock.ts';
import { parserCatalogue } from './parser-catalogue.ts';
import { createParserSet } from './parser-set.ts';
import type { ParserRule } from './parser-rules.ts';
import { parsingDefaults } from './parsing-defaults.test-support.ts';

const lineCount = Number(process.argv[2] ?? 60_000);
const only = process.argv[3];
const limits = { maxAttributes: 1000, maxNameBytes: 512, maxOverflowBytes: 1 << 20 };
const textEncoder = new TextEncoder();

const rows = new LogBatchBuilder();
const writer = new RecordWriter(limits);

interface Lines {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly ends: readonly number[];
}

/** The example again and again, its seconds and one number changing. */
function linesOf(example: string): Lines {
  const ends: number[] = [];
  const texts: string[] = [];
  let length = 0;
  for (let i = 0; i < lineCount; i++) {
    const text = example.replace(':23:45', `:23:${String(10 + (i % 50))}`).replace(/7(?=[^\d]*$)/, String(i % 10));
    texts.push(text);
    ends.push((length += text.length));
  }
  const bytes = textEncoder.encode(texts.join(''));
  return { bytes, view: new DataView(bytes.buffer), ends };
}

function run({ bytes, view, ends }: Lines, finisher: RecordFinisher | undefined): void {
  rows.clear();
  rows.finisher = finisher;
  writer.into(rows);
  writer.from(bytes, view);
  let start = 0;
  for (const end of ends) {
    writer.begin();
    writer.message(start, end);
    writer.commit();
    start = end;
  }
}

/** Best of several runs in CPU time of this thread: the machine may be shared. */
function nsPerLine(lines: Lines, finisher: RecordFinisher | undefined): number {
  let best = Infinity;
  for (let round = 0; round < 10; round++) {
    const before = process.threadCpuUsage();
    run(lines, finisher);
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, user + system);
  }
  return (best * 1000) / lines.ends.length;
}

function finisherOf(rules: readonly ParserRule[]): RecordFinisher | undefined {
  const set = createParserSet(rules, parsingDefaults, limits, systemClock);
  return set.finisherOf({ tenant: 't', receiver: 'raw', content: 'text' });
}

function measure(name: string, example: string, rule: ParserRule): void {
  const lines = linesOf(example);
  const base = nsPerLine(lines, undefined);
  const named = nsPerLine(lines, finisherOf([rule]));
  const auto = nsPerLine(lines, finisherOf([]));
  const shown = [base, named, auto].map((ns) => `${ns.toFixed(0).padStart(6)} ns`);
  const speed = `${(1e6 / named).toFixed(0).padStart(6)} K lines/s`;
  console.log(
    `${name.padEnd(22)} ${String(example.length).padStart(4)} B ${shown.join(' ')} ${speed} ${(((auto - named) / named) * 100).toFixed(1).padStart(6)} %`,
  );
}

console.log('parser                 line  without   by name      auto          speed   auto costs');
for (const { name, example, aliases = [] } of parserCatalogue) {
  if (only === undefined || only === name || aliases.includes(only)) measure(name, example, { name: 'bench', parser: name });
}
const access = parserCatalogue.find(({ name }) => name === 'access');
if (access !== undefined && (only === undefined || only === 'grok')) {
  measure('grok COMBINEDAPACHELOG', access.example, { name: 'bench', parser: 'grok', pattern: '%{COMBINEDAPACHELOG}' });
}
if (only === undefined) measure('plain text', 'the quick brown fox jumps over the lazy dog 7 times', { name: 'bench', parser: 'none' });
