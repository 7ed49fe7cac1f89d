/**
 * A reporter for thousands of tests: one line a file, every failure in full, every skipped test with its reason, and
 * the sums at the end.
 */
import { relative } from 'node:path';
import { inspect } from 'node:util';
import type { TestEvent } from 'node:test/reporters';
import { rootDirectory } from './imports.ts';

interface FileTally {
  passed: number;
  failed: number;
  skipped: number;
}

type TestResult = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data'];

const shortPath = (path: string | undefined): string => (path === undefined ? '(unknown file)' : relative(rootDirectory, path));

function failureText(data: TestResult & { details: { error?: { cause?: unknown } } }, path: readonly string[]): string {
  const cause = data.details.error?.cause ?? data.details.error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
  const properties =
    cause instanceof Error && 'actual' in cause ? '' : cause instanceof Error && cause.cause ? `\ncause: ${inspect(cause.cause)}` : '';
  return `\n✖ ${shortPath(data.file)}:${data.line}  ${path.join(' > ')}\n${indent(text + properties)}\n`;
}

const indent = (text: string): string => text.replace(/^/gm, '    ');

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const tallies = new Map<string, FileTally>();
  const skippedTests: string[] = [];
  const failures: string[] = [];
  const names: string[] = [];
  const startedMs = performance.now();

  for await (const { type, data } of events) {
    if (type === 'test:start') {
      names[data.nesting] = data.name;
      names.length = data.nesting + 1;
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message;
    } else if (type === 'test:pass' || type === 'test:fail') {
      const file = shortPath(data.file);
      const isWholeFile = data.nesting === 0 && shortPath(data.name) === file;
      const isSuite = data.details.type === 'suite';
      const tally = tallies.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
      tallies.set(file, tally);
      const path = [...names.slice(0, data.nesting), data.name];
      if (data.skip !== undefined) {
        tally.skipped++;
        skippedTests.push(`  ${file}  ${path.join(' > ')}: ${data.skip === true ? 'no reason given' : data.skip}`);
      } else if (type === 'test:fail') {
        const onlyChildren = isSuite && (data.details.error as { failureType?: string } | undefined)?.failureType === 'subtestsFailed';
        if (!onlyChildren) {
          tally.failed++;
          const text = failureText(data, path);
          failures.push(text);
          yield text;
        }
      } else if (!isSuite && !isWholeFile) tally.passed++;
    } else if (type === 'test:summary' && data.file !== undefined) {
      const file = shortPath(data.file);
      const { passed, failed, skipped } = tallies.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
      const mark = failed > 0 ? '✖' : '✔';
      const notes = [`${passed} passed`, ...(failed > 0 ? [`${failed} failed`] : []), ...(skipped > 0 ? [`${skipped} skipped`] : [])];
      yield `${mark} ${file}  ${notes.join(', ')}  ${(data.duration_ms / 1000).toFixed(1)} s\n`;
    }
  }

  const sum = (key: keyof FileTally): number => [...tallies.values()].reduce((total, tally) => total + tally[key], 0);
  if (skippedTests.length > 0) yield `\nskipped:\n${skippedTests.join('\n')}\n`;
  if (failures.length > 0) yield `\nfailed:\n${failures.map((text) => `  ${text.trim().split('\n')[0]}`).join('\n')}\n`;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  yield `\ntests: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped in ${tallies.size} files, ${seconds} s\n`;
}
