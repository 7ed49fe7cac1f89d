/**
 * Corpora of real systems (loghub) as plain text through recognition: what comes out agrees with their `_structured.csv`.
 * The share of lines that agree in time, level, component and message is printed for each system, and asserted.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { parsingDefaults } from '#parsing/parsing-defaults.test-support.ts';
import { testParser } from '#parsing/test-parser.ts';
import type { ParsedLine } from '#parsing/test-parser.ts';
import { parseSeverity, severityName } from '#model/severity.ts';

const folder = join(import.meta.dirname, '../../../shared/corpora/loghub');

type Row = Readonly<Record<string, string>>;

interface System {
  readonly name: string;
  /** Share of lines that must agree. */
  readonly share: number;
  /** The time as RFC 3339 in UTC; `year` is that of the parsed line, for systems that write none. */
  readonly time: (row: Row, year: string) => string;
  readonly level?: (row: Row) => string;
  /** The message, where it is not all of the column Content. */
  readonly message?: (row: Row) => string;
  /** Where the row's component is: a field, or a part of one. */
  readonly hasComponent: (row: Row, line: ParsedLine) => boolean;
}

const monthNumber = (name: string): string => String('JanFebMarAprMayJunJulAugSepOctNovDec'.indexOf(name) / 3 + 1).padStart(2, '0');
const two = (text: string): string => text.trim().padStart(2, '0');
const level = ({ Level }: Row): string => severityName(parseSeverity(Level));

const systems: readonly System[] = [
  {
    name: 'Apache',
    share: 1,
    time: ({ Time }) => {
      const [, month, day, clock, year] = Time.split(/ +/);
      return `${year}-${monthNumber(month)}-${two(day)}T${clock}.000Z`;
    },
    level,
    // the client is a field of its own here
    message: ({ Content }) => Content.replace(/^\[client [^\]]*\] /, ''),
    hasComponent: ({ Content }, { fields }) => fields.client_ip === /^\[client ([^\]]*)\]/.exec(Content)?.[1],
  },
  {
    name: 'HDFS',
    share: 1,
    time: ({ Date: date, Time }) => {
      const clock = Time.padStart(6, '0');
      const day = date.padStart(6, '0');
      return `20${day.slice(0, 2)}-${day.slice(2, 4)}-${day.slice(4)}T${clock.slice(0, 2)}:${clock.slice(2, 4)}:${clock.slice(4)}.000Z`;
    },
    level,
    hasComponent: ({ Component, Pid }, { fields }) => fields.logger === Component && String(fields.pid) === Pid,
  },
  {
    name: 'HPC',
    share: 1,
    time: ({ Time }) => new Date(Number(Time) * 1000).toISOString(),
    hasComponent: ({ Component, Node, State, LogId, Flag }, { fields }) =>
      fields.component === Component &&
      fields.host === Node &&
      fields.state === State &&
      String(fields.log_id) === LogId &&
      String(fields.flag) === Flag,
  },
  {
    name: 'Hadoop',
    share: 1,
    time: ({ Date: date, Time }) => `${date}T${Time.replace(',', '.')}Z`,
    level,
    hasComponent: ({ Component, Process }, { fields }) => fields.logger === Component && fields.thread === Process,
  },
  {
    name: 'Linux',
    share: 1,
    time: ({ Month, Date: date, Time }, year) => `${year}-${monthNumber(Month)}-${two(date)}T${Time}.000Z`,
    // the column Level is the host
    hasComponent: ({ Component, PID, Level }, { fields }) =>
      fields.service === Component && (fields['syslog.procid'] ?? '') === PID && fields.host === Level,
  },
  {
    name: 'OpenSSH',
    share: 1,
    time: ({ Date: month, Day, Time }, year) => `${year}-${monthNumber(month)}-${two(Day)}T${Time}.000Z`,
    // the column Component is the host
    hasComponent: ({ Component, Pid }, { fields }) =>
      fields.service === 'sshd' && fields['syslog.procid'] === Pid && fields.host === Component,
  },
  {
    name: 'Proxifier',
    share: 1,
    time: ({ Time }, year) => {
      const [, month, day, clock] = /^(\d+)\.(\d+) (.*)$/.exec(Time) ?? [];
      return `${year}-${month}-${day}T${clock}.000Z`;
    },
    hasComponent: ({ Program }, { fields }) => fields.program === Program,
  },
  {
    name: 'Zookeeper',
    share: 1,
    time: ({ Date: date, Time }) => `${date}T${Time.replace(',', '.')}Z`,
    level,
    // the columns cut `thread:logger@line` at the first colon, and call what is left Node and Component
    hasComponent: ({ Node, Component, Id }, { fields }) =>
      `${Node}:${Component}` === `${String(fields.thread)}:${String(fields.logger)}` && String(fields.line) === Id,
  },
];

for (const system of systems) {
  const path = join(folder, `${system.name}_2k.log`);
  test(`${system.name}: ${system.share * 100} % of the lines`, { skip: existsSync(path) ? false : `${path} is not there` }, (t) => {
    const rows = parseCsv(readFileSync(`${path}_structured.csv`, 'utf8'));
    const lines = readFileSync(path, 'utf8').split(/\r?\n/).slice(0, rows.length);
    const parsed = testParser({ parser: 'auto' }, lines, parsingDefaults, systemClock);
    const differences = rows.flatMap((row, i) => differencesOf(system, row, parsed[i]).map((what) => `${what}: ${lines[i]}`));
    const differing = rows.filter((row, i) => differencesOf(system, row, parsed[i]).length > 0).length;
    const share = 1 - differing / rows.length;
    t.diagnostic(`${system.name}: ${(share * 100).toFixed(2)} % of ${rows.length} lines agree, read as ${parsersOf(parsed)}`);
    assert.ok(share >= system.share, `${differing} lines differ:\n${differences.slice(0, 12).join('\n')}`);
  });
}

function differencesOf(system: System, row: Row, line: ParsedLine): string[] {
  const differences: string[] = [];
  const expected = {
    time: system.time(row, line.timestamp?.slice(0, 4) ?? ''),
    level: system.level?.(row),
    message: system.message?.(row) ?? row.Content,
  };
  if (line.timestamp !== expected.time) differences.push(`time ${line.timestamp} not ${expected.time}`);
  if (expected.level !== undefined && line.level !== expected.level) differences.push(`level ${line.level} not ${expected.level}`);
  // the columns have no blanks at their ends
  if (line.message.trim() !== expected.message.trim()) differences.push(`message "${line.message}" not "${expected.message}"`);
  if (!system.hasComponent(row, line)) differences.push(`component ${JSON.stringify(line.fields)}`);
  return differences;
}

function parsersOf(lines: readonly ParsedLine[]): string {
  return [...new Set(lines.map(({ parser = 'plain text' }) => parser))].join(', ');
}

/** RFC 4180: quoted values may hold commas, quotes and line ends. */
function parseCsv(text: string): Row[] {
  const records: string[][] = [[]];
  for (const [, quoted, bare, mark] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    records[records.length - 1].push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (mark !== ',') records.push([]);
  }
  const [names, ...rows] = records.filter((record) => record.length > 1);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}
