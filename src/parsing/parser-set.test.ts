import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { recordFields } from '#model/field-names.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { RecordWriter } from '#model/record-writer.ts';
import type { Clock } from '#platform/clock.ts';
import { systemClock } from '#platform/clock.ts';
import { parsingDefaults } from './parsing-defaults.test-support.ts';
import type { ParserRule } from './parser-rules.ts';
import { checkParsing, createParserSet } from './parser-set.ts';
import type { ParserSet, ParserSetSettings } from './parser-set.ts';
import type { ParsingSource } from './stream-table.ts';

const limits = { maxAttributes: 100, maxNameBytes: 128, maxOverflowBytes: 10_000 };
const receivedMs = Date.parse('2026-01-15T12:00:00Z');
const javaLine = '2025-07-15 10:23:45,123 ERROR [main] a.b.C: boom';
const source: ParsingSource = { tenant: 'acme', receiver: 'raw', content: 'text' };

interface SentRecord {
  readonly message: string;
  readonly service?: string;
  readonly host?: string;
  readonly severity?: number;
  /** Milliseconds. */
  readonly time?: number;
}

function setOf(rules: readonly ParserRule[], settings: Partial<ParserSetSettings> = {}, clock: Clock = systemClock): ParserSet {
  return createParserSet(rules, { ...parsingDefaults, ...settings }, limits, clock);
}

/** The records as they are after a set has completed them. */
function completed(set: ParserSet, from: Partial<ParsingSource>, records: readonly SentRecord[]): LogLine[] {
  const rows = new LogBatchBuilder();
  const writer = new RecordWriter(limits);
  writer.into(rows);
  rows.finisher = set.finisherOf({ ...source, ...from });
  for (const { message, service = '', host = '', severity, time } of records) {
    writer.begin();
    for (const [field, text] of [
      [recordFields.service, service],
      [recordFields.host, host],
    ] as const) {
      const bytes = new TextEncoder().encode(text);
      writer.from(bytes);
      if (text !== '') writer.text(field, 0, bytes.length);
    }
    if (severity !== undefined) writer.severity(severity);
    if (time !== undefined) writer.timeNs(BigInt(time) * 1_000_000n);
    writer.messageText(message);
    assert.equal(writer.commit(), undefined);
  }
  const view = readNativeBlock(rows.finish({ tenant: 'acme', receivedMs, origin: 1, seq: 1, maxClockSkewMs: 0 }));
  return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
}

const timeOf = (line: LogLine): string => new Date(Number(line.tsNs / 1_000_000n)).toISOString();

test('records that name their own message cost nothing without a rule', () => {
  assert.equal(setOf([]).finisherOf({ ...source, content: 'records' }), undefined);
  assert.equal(setOf([], { auto: false }).finisherOf(source), undefined);
  assert.notEqual(setOf([]).finisherOf(source), undefined);
  const rule = { name: 'r', receiver: 'otlp', parser: 'json' };
  assert.equal(setOf([rule]).finisherOf({ ...source, content: 'records' }), undefined);
  assert.notEqual(setOf([rule]).finisherOf({ ...source, content: 'records', receiver: 'otlp' }), undefined);
});

test('the first rule that fits holds: tenant, service with *, receiver, text in the message', () => {
  const rules: readonly ParserRule[] = [
    { name: 'other tenant', tenant: 'other', parser: 'none' },
    { name: 'other receiver', receiver: 'loki', parser: 'none' },
    { name: 'by text', match: 'ORDER', parser: 'regex', pattern: '^ORDER (?<order>\\d+)$' },
    { name: 'by expression', match: '/^\\d+;/', parser: 'csv', columns: 'id,,name', separator: ';' },
    { name: 'by service', service: 'raw-*-x', parser: 'none' },
  ];
  const lines = completed(setOf(rules), {}, [
    { message: 'ORDER 17' },
    { message: '5;x;"a ""b"""' },
    { message: javaLine, service: 'raw-1-x' },
    { message: javaLine, service: 'raw-1' },
  ]);
  assert.deepEqual(
    lines.map(({ message, attributes: { names, values } }) => [message, names.map((name, i) => `${name}=${values[i]}`)]),
    [
      ['ORDER 17', ['order=17']],
      ['5;x;"a ""b"""', ['id=5', 'name=a "b"']],
      [javaLine, []],
      ['boom', ['thread=main', 'logger=a.b.C']],
    ],
  );
});

test('a line that the chosen parser cannot take stays whole, with parse_error; all is counted by parser and service', () => {
  const set = setOf([{ name: 'r', parser: 'java' }]);
  const [good, bad] = completed(set, {}, [
    { message: javaLine, service: 'shop' },
    { message: 'ERROR: no java', service: 'shop' },
  ]);
  assert.deepEqual([good.message, good.raw], ['boom', javaLine]);
  assert.deepEqual([bad.message, bad.raw, bad.level], ['ERROR: no java', '', 17]);
  assert.deepEqual(bad.attributes, { names: ['parse_error'], values: ['java'], kinds: 's' });
  assert.deepEqual(set.counts(), [{ parser: 'java', service: 'shop', parsed: 1, failed: 1, overBudget: 0 }]);
});

test('times and levels of the transport: which of them a line overrides', () => {
  const time = Date.parse('2026-01-15T11:59:00Z');
  const record = { message: javaLine, severity: 13, time };
  const [syslog] = completed(setOf([]), { receiver: 'syslog' }, [record]);
  assert.deepEqual([syslog.level, timeOf(syslog)], [17, '2026-01-15T11:59:00.000Z']);
  // a shipper's time is when it read the line
  const [loki, plain] = completed(setOf([]), { receiver: 'loki' }, [record, { ...record, message: 'no time, no level' }]);
  assert.deepEqual([loki.level, timeOf(loki)], [17, '2025-07-15T10:23:45.123Z']);
  assert.deepEqual([plain.level, timeOf(plain)], [13, '2026-01-15T11:59:00.000Z']);
  const rule = { name: 'r', parser: 'java' };
  const [own] = completed(setOf([rule]), { receiver: 'otlp', content: 'records' }, [record]);
  assert.deepEqual([own.level, timeOf(own), own.message], [13, '2026-01-15T11:59:00.000Z', 'boom']);
});

const heads = {
  syslog: 'Jan 15 10:23:45 web-1 app[7]: hello',
  clock: '10:23:45 hello',
  dated: '2026-01-15 10:23:45 [main] ERROR a.B: boom',
  fraction: 'Jan 15 10:23:45.500 web-1 app[7]: hello',
  zone: '<34>Jan 15 10:23:45 UTC web-1 app[7]: hello',
};

test('a time without year, zone and fraction does not replace a more precise one of the sender that it may be', () => {
  const line = '2026-01-15T10:23:45.000Z';
  const cases: readonly (readonly [head: keyof typeof heads, sender: string, kept: 'line' | 'sender'])[] = [
    ['syslog', '2026-01-15T10:23:45.678Z', 'sender'],
    ['syslog', '2026-01-15T10:24:44.999Z', 'sender'],
    ['syslog', '2026-01-15T10:22:45.001Z', 'sender'],
    ['syslog', '2026-01-15T10:24:45.001Z', 'line'],
    ['syslog', '2026-01-15T10:23:46.000Z', 'line'],
    // other zones
    ['syslog', '2026-01-15T08:23:45.678Z', 'sender'],
    ['syslog', '2026-01-15T16:08:46.999Z', 'sender'],
    ['syslog', '2026-01-14T20:23:45.678Z', 'sender'],
    ['syslog', '2026-01-15T11:23:47.001Z', 'line'],
    ['syslog', '2026-01-15T11:23:44.999Z', 'line'],
    ['syslog', '2026-01-17T10:23:45.678Z', 'line'],
    ['clock', '2026-01-15T10:23:45.678Z', 'sender'],
    ['dated', '2026-01-15T10:23:45.678Z', 'line'],
  ];
  const set = setOf([], {}, { ...systemClock, nowMs: () => receivedMs });
  const found = cases.map(
    ([head, sender]) => completed(set, { receiver: 'loki' }, [{ message: heads[head], time: Date.parse(sender) }])[0],
  );
  assert.deepEqual(
    found.map(timeOf),
    cases.map(([, sender, kept]) => (kept === 'line' ? line : sender)),
  );
  const near = Date.parse('2026-01-15T10:23:45.678Z');
  const records = [{ message: heads.fraction, time: near }, { message: heads.zone, time: near }, { message: heads.syslog }];
  const times = completed(set, { receiver: 'loki' }, records).map(timeOf);
  assert.deepEqual(times, ['2026-01-15T10:23:45.500Z', line, line]);
});

test('a service or host that the transport gave stays; the line’s own is an attribute', () => {
  const message = '{"service":"inner","msg":"x"}';
  const [given, free] = completed(setOf([]), {}, [{ message, service: 'outer' }, { message }]);
  assert.deepEqual([given.service, given.attributes.names], ['outer', ['service']]);
  assert.deepEqual([free.service, free.attributes.names], ['inner', []]);
});

test('zones of rules and of senders', () => {
  const message = '2025-07-15 12:00:00 ERROR [m] a.B: x';
  const set = setOf([{ name: 'r', service: 'berlin', parser: 'java', timezone: 'Europe/Berlin' }], { timezone: '-01:00' });
  const [berlin, other] = completed(set, {}, [{ message, service: 'berlin' }, { message }]);
  assert.deepEqual([timeOf(berlin), timeOf(other)], ['2025-07-15T10:00:00.000Z', '2025-07-15T13:00:00.000Z']);
  const [asked] = completed(set, { timezone: 'Asia/Tokyo' }, [{ message, service: 'berlin' }]);
  assert.equal(timeOf(asked), '2025-07-15T03:00:00.000Z');
});

test('senders may name any zone: memory stays bounded, and rules go on', () => {
  const set = setOf([{ name: 'r', service: 'x', parser: 'none' }]);
  for (let hour = -11; hour <= 11; hour++) {
    for (const minutes of ['00', '15', '30', '45']) {
      const zone = `${hour < 0 ? '-' : '+'}${String(Math.abs(hour)).padStart(2, '0')}:${minutes}`;
      completed(set, { timezone: zone }, [{ message: javaLine }]);
    }
  }
  assert.ok(set.streams().length <= 32);
  assert.equal(completed(set, {}, [{ message: javaLine, service: 'x' }])[0].message, javaLine);
});

test('a format is found, kept while lines of others come, and given up when it is gone', () => {
  const set = setOf([], { misses_before_change: 3 });
  const formats = (): (string | undefined)[] => set.streams().map(({ format }) => format);
  completed(set, {}, [{ message: 'plain' }]);
  assert.deepEqual(formats(), [undefined]);
  completed(set, {}, [{ message: javaLine }, { message: '{"msg":"one"}' }, { message: 'plain' }]);
  assert.deepEqual(formats(), ['java']);
  const [, , json] = completed(set, {}, [{ message: 'plain' }, { message: '{"msg":"two"}' }, { message: '{"msg":"three"}' }]);
  assert.equal(json.message, 'three');
  assert.deepEqual(formats(), ['json']);
  completed(set, {}, [{ message: 'plain' }, { message: 'plain' }, { message: 'plain' }]);
  assert.deepEqual(formats(), [undefined]);
});

test('streams are apart by service and host, and as many are remembered as the bound says', () => {
  const set = setOf([], { max_streams: 2 });
  completed(set, {}, [
    { message: javaLine, service: 'a' },
    { message: '{"msg":"x"}', service: 'b' },
  ]);
  assert.deepEqual(
    set.streams().map(({ service, format }) => [service, format]),
    [
      ['a', 'java'],
      ['b', 'json'],
    ],
  );
  completed(set, {}, [{ message: javaLine, service: 'a', host: 'h' }]);
  assert.equal(set.streams().length, 2);
});

test('services beyond the bound are counted together', () => {
  const set = setOf([], { max_counted_services: 1 });
  completed(
    set,
    {},
    ['a', 'b', 'c'].map((service) => ({ message: javaLine, service })),
  );
  assert.deepEqual(
    set.counts().map(({ service, parsed }) => [service, parsed]),
    [
      ['a', 1],
      ['_other', 2],
    ],
  );
});

test('rules are replaced between two batches; a bad set changes nothing', () => {
  const set = setOf([{ name: 'a', parser: 'none' }]);
  assert.equal(completed(set, {}, [{ message: javaLine }])[0].message, javaLine);
  set.replace([{ name: 'b', parser: 'java' }]);
  assert.equal(completed(set, {}, [{ message: javaLine }])[0].message, 'boom');
  const isRefused = (error: unknown): boolean => error instanceof AppError && error.code === 'bad_request' && /"c"/.test(error.message);
  assert.throws(() => set.replace([{ name: 'c', parser: 'jawa' }]), isRefused);
  assert.throws(() => set.replace([{ name: 'c', parser: 'grok', pattern: '%{NOPE}' }]), isRefused);
  assert.throws(() => set.replace([{ name: 'c', parser: 'json', timezone: 'Nowhere' }]), isRefused);
  assert.throws(() => set.replace([{ name: 'c', parser: 'json', match: '/(?=x)/' }]), isRefused);
  assert.throws(() => set.replace([{ name: 'c', parser: 'csv' }]), isRefused);
  assert.equal(completed(set, {}, [{ message: javaLine }])[0].message, 'boom');
  assert.equal(set.counts()[0].parsed, 2);
});

test('what a sender asks for goes before all rules', () => {
  const set = setOf([{ name: 'r', parser: 'none' }]);
  assert.equal(completed(set, { parser: 'java' }, [{ message: javaLine }])[0].message, 'boom');
  assert.throws(() => set.finisherOf({ ...source, parser: 'nope' }), AppError);
  assert.throws(() => set.finisherOf({ ...source, timezone: 'nope' }), AppError);
});

test('a parser over its budget is switched off for a while', () => {
  let nowMs = 0;
  let stepMs = 5;
  const clock: Clock = { ...systemClock, monotonicMs: () => (nowMs += stepMs) };
  const set = setOf([{ name: 'r', parser: 'regex', pattern: '^(?<x>a)' }], { budget_us: 100, switched_off_for: 1000 }, clock);
  completed(
    set,
    {},
    Array.from({ length: 70 }, () => ({ message: 'a' })),
  );
  const [counts] = set.counts();
  assert.deepEqual([counts.parsed, counts.overBudget], [64, 6]);
  // back after its time, and not slow any more
  nowMs += 2000;
  stepMs = 0;
  completed(
    set,
    {},
    Array.from({ length: 200 }, () => ({ message: 'a' })),
  );
  assert.deepEqual([counts.parsed, counts.overBudget], [264, 6]);
});

test('a few pauses of the process do not use up a budget', () => {
  let nowMs = 0;
  let calls = 0;
  const clock: Clock = { ...systemClock, monotonicMs: () => (nowMs += ++calls % 100 === 0 ? 250 : 0.001) };
  const set = setOf([{ name: 'r', parser: 'regex', pattern: '^(?<x>a)' }], { budget_us: 100 }, clock);
  completed(
    set,
    {},
    Array.from({ length: 1000 }, () => ({ message: 'a' })),
  );
  assert.equal(set.counts()[0].overBudget, 0);
});

test('how lines of a service are joined is a rule’s to say', () => {
  const set = setOf([
    { name: 'a', service: 'x', parser: 'auto' },
    { name: 'b', service: 'x', parser: 'auto', multiline: 'java' },
  ]);
  assert.equal(set.multilineOf(source, 'x'), 'java');
  assert.equal(set.multilineOf(source, 'y'), undefined);
});

test('lines name their parser where the setting says so', () => {
  const [line, plain] = completed(setOf([], { name_parser: true }), {}, [{ message: javaLine }, { message: 'plain' }]);
  assert.deepEqual(line.attributes.values.at(-1), 'java');
  assert.deepEqual(plain.attributes.names, []);
});

test('the configuration is checked', () => {
  assert.deepEqual(checkParsing(parsingDefaults), []);
  const rule = { ...emptyRule(), name: 'r', parser: 'nope' };
  assert.match(checkParsing({ ...parsingDefaults, rules: [rule] })[0].message, /parsing rule "r": there is no parser "nope"/);
  assert.match(checkParsing({ ...parsingDefaults, timezone: 'nope' })[0].message, /"nope" is no time zone/);
  assert.match(checkParsing({ ...parsingDefaults, rules: [{ ...emptyRule(), multiline: 'jawa' }] })[0].message, /join lines/);
});

function emptyRule() {
  const texts = [
    'name',
    'tenant',
    'service',
    'receiver',
    'match',
    'pattern',
    'columns',
    'separator',
    'assignment',
    'timezone',
    'multiline',
  ] as const;
  return { parser: 'auto', ...(Object.fromEntries(texts.map((name) => [name, ''])) as Record<(typeof texts)[number], string>) };
}
