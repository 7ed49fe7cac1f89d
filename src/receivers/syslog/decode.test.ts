import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatTimestamp } from '#model/timestamps.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { StreamBatcher } from '#receivers/stream-batcher.ts';
import { SyslogDecoder } from './decode.ts';
import { sourceZone } from './source-zone.ts';

const receivedMs = Date.UTC(2026, 5, 1, 12);

interface Expected {
  readonly ts?: string;
  readonly level?: number;
  readonly host?: string;
  readonly service?: string;
  readonly message: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Decodes messages as the receiver does, all in one batch. */
async function decodeAll(messages: readonly (string | Uint8Array)[], zone = 'UTC', nowMs = receivedMs): Promise<Required<Expected>[]> {
  const fake = createFakeIntake();
  const { context } = fake;
  let decoder: SyslogDecoder | undefined;
  const batcher = new StreamBatcher({
    receiver: 'syslog',
    tenant: 'default',
    content: 'text',
    format: 'text',
    maxRecords: 50_000,
    maxBytes: 1 << 24,
    maxDelayMs: 1,
    maxHeldBytes: 1 << 26,
    context: { ...context, clock: { ...context.clock, nowMs: () => nowMs } },
    decode(writer, record) {
      decoder ??= new SyslogDecoder(writer.names, sourceZone(zone, 'test'));
      return decoder.decode(writer, record);
    },
  });
  for (const message of messages) {
    const bytes = typeof message === 'string' ? new TextEncoder().encode(message) : message;
    assert.ok(batcher.add(bytes, 0, bytes.length, '192.0.2.9'));
  }
  await batcher.stop(5000);
  assert.equal(fake.batches.length, 1);
  assert.equal(fake.batches[0].quarantined.length, 0);
  return fake.lines().map(({ tsNs, level, host, service, message, attributes }) => ({
    ts: formatTimestamp(tsNs),
    level,
    host,
    service,
    message,
    attributes: Object.fromEntries(attributes.names.map((name, i) => [name, attributes.values[i]])),
  }));
}

async function check(cases: readonly (readonly [string | Uint8Array, Expected])[], zone?: string, nowMs?: number): Promise<void> {
  const lines = await decodeAll(
    cases.map(([message]) => message),
    zone,
    nowMs,
  );
  assert.equal(lines.length, cases.length);
  for (const [i, [message, expected]] of cases.entries()) {
    const wanted: Record<string, unknown> = {};
    const found: Record<string, unknown> = {};
    for (const key of Object.keys(expected) as (keyof Expected)[]) {
      wanted[key] = expected[key];
      found[key] = lines[i][key];
    }
    assert.deepEqual(found, wanted, String(message));
  }
}

const received = '2026-06-01T12:00:00.000Z';

test('RFC 5424', async () => {
  await check([
    [
      "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
      {
        ts: '2003-10-11T22:14:15.003Z',
        level: 21,
        host: 'mymachine.example.com',
        service: 'su',
        message: "'su root' failed for lonvick on /dev/pts/8",
        attributes: { 'syslog.facility': 'auth', 'syslog.msgid': 'ID47' },
      },
    ],
    [
      "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
      {
        ts: '2003-08-24T12:14:15.000003Z',
        level: 10,
        host: '192.0.2.1',
        service: 'myproc',
        message: "%% It's time to make the do-nuts.",
        attributes: { 'syslog.facility': 'local4', 'syslog.procid': '8710' },
      },
    ],
    [
      '<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][p@1 class="high"] \ufeffAn event',
      {
        message: 'An event',
        attributes: {
          'syslog.facility': 'local4',
          'syslog.msgid': 'ID47',
          'exampleSDID@32473.iut': '3',
          'exampleSDID@32473.eventSource': 'Application',
          'exampleSDID@32473.eventID': '1011',
          'p@1.class': 'high',
        },
      },
    ],
    [
      '<13>1 - - - - - [a b="q\\"w\\\\e\\]r\\t" c=""][empty]',
      {
        ts: received,
        host: '192.0.2.9',
        service: '',
        message: '',
        attributes: { 'syslog.facility': 'user', 'a.b': 'q"w\\e]r\\t', 'a.c': '', empty: 'true' },
      },
    ],
    ['<13>1 - - app - - -', { message: '', service: 'app' }],
    ['<13>1 - - app', { message: '', service: 'app' }],
    ['<13>1 2026-05-31T10:00:00 h a p m - local time', { ts: '2026-05-31T10:00:00.000Z', message: 'local time' }],
    ['<13>1 2026-05-31T10:00:00Z h a p m no structured data', { message: 'no structured data' }],
    [
      '<13>1 2026-05-31T10:00:00Z h a p m [broken id="x" text',
      {
        message: '[broken id="x" text',
        attributes: { 'syslog.facility': 'user', 'syslog.procid': 'p', 'syslog.msgid': 'm', 'syslog.malformed': 'true' },
      },
    ],
    ['<191>1 2026-05-31T10:00:00Z h a - - - two  spaces  stay', { level: 5, message: 'two  spaces  stay' }],
    [
      '<134>1 1563249630.774247467 remote_DC1_appliance flows src=10.0.0.1',
      { ts: '2019-07-16T04:00:30.774247467Z', host: 'remote_DC1_appliance', message: 'flows src=10.0.0.1' },
    ],
  ]);
});

test('RFC 3164 as it is sent', async () => {
  await check([
    [
      "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
      {
        ts: '2025-10-11T22:14:15.000Z',
        level: 21,
        host: 'mymachine',
        service: 'su',
        message: "'su root' failed for lonvick on /dev/pts/8",
      },
    ],
    [
      '<86>Jun  1 11:59:59 web-1 sshd[4711]: Accepted publickey',
      {
        ts: '2026-06-01T11:59:59.000Z',
        host: 'web-1',
        service: 'sshd',
        message: 'Accepted publickey',
        attributes: { 'syslog.facility': 'authpriv', 'syslog.procid': '4711' },
      },
    ],
    ['<13>Jun  1 11:00:00 cron[7] no colon', { host: '192.0.2.9', service: 'cron', message: 'no colon' }],
    ['<13>Jun  1 11:00:00 tag: no host', { host: '192.0.2.9', service: 'tag', message: 'no host' }],
    ['<13>Jun  1 11:00:00 10.1.2.3 message without a tag', { host: '10.1.2.3', service: '', message: 'message without a tag' }],
    ['<13>Jun  1 11:00:00 fe80::1 a: b', { host: 'fe80::1', service: 'a', message: 'b' }],
    ['<13>Jun  1 11:00:00.123456 h postfix/smtpd[1]: x', { ts: '2026-06-01T11:00:00.123456Z', service: 'postfix/smtpd', message: 'x' }],
    ['<13>Jun  1 11:00:00 h kernel: [   12.5] eth0: up', { service: 'kernel', message: '[   12.5] eth0: up' }],
    [
      '<13>2026-06-01T13:00:00.5+02:00 h app[1]: rsyslog forward format',
      { ts: '2026-06-01T11:00:00.500Z', host: 'h', service: 'app', message: 'rsyslog forward format' },
    ],
    ['<13>2026-06-01 11:00:00,250 h app: x', { ts: '2026-06-01T11:00:00.250Z', host: 'h', message: 'x' }],
    ['<13>Jun  1 2024 11:00:00 h app: year', { ts: '2024-06-01T11:00:00.000Z', host: 'h', service: 'app', message: 'year' }],
    ['<13>Jun  1 11:00:00 2024 h app: year', { ts: '2024-06-01T11:00:00.000Z', host: 'h', message: 'year' }],
    ['<13>Sat Jun  1 11:00:00 2024 h app: year', { ts: '2024-06-01T11:00:00.000Z', host: 'h', message: 'year' }],
    ['<13>2024 Jun  1 11:00:00 h app: year', { ts: '2024-06-01T11:00:00.000Z', host: 'h', message: 'year' }],
    ['<13>Jun  1 11:00:00 CEST h app: zone', { ts: '2026-06-01T09:00:00.000Z', host: 'h', message: 'zone' }],
    ['<13>Jun  1 11:00:00 +05:30 h app: zone', { ts: '2026-06-01T05:30:00.000Z', host: 'h', message: 'zone' }],
    ['<13>Jun  1 11:00:00 Message forwarded from aix7: sshd[9]: x', { host: 'aix7', service: 'sshd', message: 'x' }],
    ['<13>Jun  1 11:00:00 host last message repeated 3 times', { host: 'host', service: '', message: 'last message repeated 3 times' }],
    ['<13>Jun  1 11:00:00 h app: line\n', { message: 'line' }],
    ['<14>myapp: python without a header\0', { level: 9, host: '192.0.2.9', service: 'myapp', message: 'python without a header' }],
    ['<14>error: not a tag', { service: '', message: 'error: not a tag' }],
    ['<14>just text', { message: 'just text', attributes: { 'syslog.facility': 'user' } }],
    ['<14>{"level":"warn","msg":"json"}', { message: '{"level":"warn","msg":"json"}', service: '' }],
    ['<14>http://example.com/ is up', { service: '', message: 'http://example.com/ is up' }],
    ['<14>', { message: '' }],
    ['<0>', { level: 24, message: '' }],
    [
      'Jun  1 11:00:00 h app[3]: from a file',
      { level: 0, host: 'h', service: 'app', message: 'from a file', attributes: { 'syslog.procid': '3' } },
    ],
  ]);
});

test('Cisco', async () => {
  await check([
    [
      '<189>29: *Jun  1 11:46:11.123 UTC: %SYS-5-CONFIG_I: Configured from console by vty2',
      {
        ts: '2026-06-01T11:46:11.123Z',
        level: 10,
        host: '192.0.2.9',
        service: '',
        message: '%SYS-5-CONFIG_I: Configured from console by vty2',
        attributes: { 'syslog.facility': 'local7', 'syslog.sequence': '29', 'syslog.clock': 'not_set', 'syslog.msgid': 'SYS-5-CONFIG_I' },
      },
    ],
    [
      '<189>000029: rtr1: .Jun  1 11:46:11: %LINK-3-UPDOWN: Interface up',
      {
        ts: '2026-06-01T11:46:11.000Z',
        host: 'rtr1',
        message: '%LINK-3-UPDOWN: Interface up',
        attributes: {
          'syslog.facility': 'local7',
          'syslog.sequence': '29',
          'syslog.clock': 'not_synchronised',
          'syslog.msgid': 'LINK-3-UPDOWN',
        },
      },
    ],
    ['<189>29: *Mar  1 18:46:11.123 UTC: %SYS-5-RESTART: System restarted', { ts: received, message: '%SYS-5-RESTART: System restarted' }],
    ['<189>45: 000046: Jun  1 11:46:11.123 CET: %A-1-B: c', { ts: '2026-06-01T10:46:11.123Z', message: '%A-1-B: c' }],
    ['<187>: 2026 Jun  1 11:58:48 UTC: %ETHPORT-5-IF_UP: up', { ts: '2026-06-01T11:58:48.000Z', message: '%ETHPORT-5-IF_UP: up' }],
    [
      '<166>Jun 01 2026 11:58:48 asa-1 : %ASA-6-302013: Built',
      { ts: '2026-06-01T11:58:48.000Z', host: 'asa-1', message: '%ASA-6-302013: Built' },
    ],
    [
      '<166>Jun 01 2026 11:58:48: %ASA-6-302013: Built',
      { ts: '2026-06-01T11:58:48.000Z', host: '192.0.2.9', message: '%ASA-6-302013: Built' },
    ],
    ['<166>%ASA-6-302013: Built', { message: '%ASA-6-302013: Built' }],
    ['<189>29: Jun  1 11:46:11 XYZT: %A-1-B: unknown zone', { ts: '2026-06-01T11:46:11.000Z', message: '%A-1-B: unknown zone' }],
  ]);
});

test('CEF and LEEF', async () => {
  await check([
    [
      '<134>Jun  1 11:00:00 host CEF:0|Security|threat\\|manager|1.0|100|worm \\\\ stopped|10|src=10.0.0.1 msg=two words a\\=b dst=2.1.2.2 path=C:\\\\x\\nnext',
      {
        host: 'host',
        service: '',
        message: 'worm \\ stopped',
        attributes: {
          'syslog.facility': 'local0',
          'cef.version': '0',
          'cef.device_vendor': 'Security',
          'cef.device_product': 'threat|manager',
          'cef.device_version': '1.0',
          'cef.signature_id': '100',
          'cef.severity': '10',
          'cef.src': '10.0.0.1',
          'cef.msg': 'two words a=b',
          'cef.dst': '2.1.2.2',
          'cef.path': 'C:\\x\nnext',
        },
      },
    ],
    ['<134>1 - h app - - - CEF:1|a|b|c|d|name|3|', { service: 'app', message: 'name' }],
    [
      '<134>CEF: 0|a|b|c|d|name|3|free text',
      {
        message: 'name',
        attributes: {
          'syslog.facility': 'local0',
          'cef.version': '0',
          'cef.device_vendor': 'a',
          'cef.device_product': 'b',
          'cef.device_version': 'c',
          'cef.signature_id': 'd',
          'cef.severity': '3',
          'cef.extension': 'free text',
        },
      },
    ],
    ['<134>CEF:0|too|short', { message: 'CEF:0|too|short' }],
    [
      '<13>Jun  1 11:00:00 h LEEF:1.0|Microsoft|MSExchange|4.0 SP1|15345|src=192.0.2.0\tdst=172.50.123.1\tpath=C:\\new',
      {
        message: '15345',
        attributes: {
          'syslog.facility': 'user',
          'leef.version': '1.0',
          'leef.vendor': 'Microsoft',
          'leef.product': 'MSExchange',
          'leef.product_version': '4.0 SP1',
          'leef.src': '192.0.2.0',
          'leef.dst': '172.50.123.1',
          'leef.path': 'C:\\new',
        },
      },
    ],
    [
      '<13>LEEF:2.0|v|p|1|id|^|a=1^b=2^c',
      {
        message: 'id',
        attributes: {
          'syslog.facility': 'user',
          'leef.version': '2.0',
          'leef.vendor': 'v',
          'leef.product': 'p',
          'leef.product_version': '1',
          'leef.a': '1',
          'leef.b': '2',
          'leef.extension': 'c',
        },
      },
    ],
    [
      '<13>LEEF:2.0|v|p|1|id|x5E|a=1^b=2',
      {
        attributes: {
          'syslog.facility': 'user',
          'leef.version': '2.0',
          'leef.vendor': 'v',
          'leef.product': 'p',
          'leef.product_version': '1',
          'leef.a': '1',
          'leef.b': '2',
        },
        message: 'id',
      },
    ],
  ]);
});

test('what is no syslog is kept whole and marked', async () => {
  const marked = { 'syslog.malformed': 'true' };
  await check([
    ['hello world', { level: 0, host: '192.0.2.9', message: 'hello world', attributes: marked }],
    ['<192>Jun  1 11:00:00 h a: b', { level: 0, message: '<192>Jun  1 11:00:00 h a: b', attributes: marked }],
    ['<>x', { message: '<>x', attributes: marked }],
    ['<1234>x', { message: '<1234>x', attributes: marked }],
    ['<13', { message: '<13', attributes: marked }],
    ['', { message: '', attributes: marked }],
    ['Foo 31 11:00:00 h a: b', { message: 'Foo 31 11:00:00 h a: b', attributes: marked }],
    ['Feb 31 11:00:00 h a: b', { message: 'Feb 31 11:00:00 h a: b', attributes: marked }],
  ]);
});

test('a record ends where it ends, whatever follows it in the batch', async () => {
  await check([
    ['<13', { message: '<13' }],
    ['>1 x', { message: '>1 x' }],
    ['<13>1', { message: '1' }],
    [' - h', { message: ' - h' }],
    ['<13>Jun  1 11:00:0', { message: 'Jun  1 11:00:0' }],
    ['0 h a: b', { message: '0 h a: b' }],
    ['<13>Jun  1 11:00:00 h app[12', { message: 'app[12' }],
    [']: x', { message: ']: x' }],
    ['<13>CEF:0|a|b|c|d|e|', { message: 'CEF:0|a|b|c|d|e|' }],
    ['f|g=h', { message: 'f|g=h' }],
  ]);
});

test('a year that is missing is the latest that fits', async () => {
  const newYear = Date.UTC(2026, 0, 1, 0, 0, 5);
  await check(
    [
      ['<13>Dec 31 23:59:58 h a: b', { ts: '2025-12-31T23:59:58.000Z', message: 'b' }],
      ['<13>Jan  1 00:00:01 h a: b', { ts: '2026-01-01T00:00:01.000Z', message: 'b' }],
      ['<13>Jan  2 10:00:00 h a: b', { ts: '2026-01-02T10:00:00.000Z', message: 'b' }],
      ['<13>Jan  4 10:00:00 h a: b', { ts: '2025-01-04T10:00:00.000Z', message: 'b' }],
      ['<13>Feb 29 10:00:00 h a: b', { ts: '2024-02-29T10:00:00.000Z', message: 'b' }],
    ],
    'UTC',
    newYear,
  );
  await check(
    [['<13>Jan  1 00:00:01 h a: b', { ts: '2026-01-01T00:00:01.000Z', message: 'b' }]],
    'UTC',
    Date.UTC(2025, 11, 31, 23, 59, 58),
  );
});

test('the zone of senders that name none, summer and winter', async () => {
  await check(
    [
      ['<13>Jun  1 13:00:00 h a: b', { ts: '2026-06-01T11:00:00.000Z', message: 'b' }],
      ['<13>Jan 10 13:00:00 h a: b', { ts: '2026-01-10T12:00:00.000Z', message: 'b' }],
      ['<13>Mar 29 01:59:59 h a: b', { ts: '2026-03-29T00:59:59.000Z', message: 'b' }],
      ['<13>Mar 29 03:00:00 h a: b', { ts: '2026-03-29T01:00:00.000Z', message: 'b' }],
      ['<13>2026-06-01T13:00:00 h a: b', { ts: '2026-06-01T11:00:00.000Z', message: 'b' }],
      ['<13>2026-06-01T13:00:00Z h a: b', { ts: '2026-06-01T13:00:00.000Z', message: 'b' }],
    ],
    'Europe/Berlin',
  );
  await check([['<13>May 31 13:00:00 h a: b', { ts: '2026-05-31T07:30:00.000Z', message: 'b' }]], '+05:30');
  assert.throws(() => sourceZone('Mars/Olympus', 'receivers.syslog.timezone'), { code: 'invalid_configuration' });
  assert.ok(sourceZone('local', 'x').toUtc(0) <= 14 * 3600);
});

test('any bytes make a record each, and no more than was sent', async () => {
  const parts = fc.oneof(
    fc.constantFrom(
      '<13>',
      '<',
      '>',
      '1 ',
      '- ',
      ' ',
      ':',
      '[',
      ']',
      '="',
      '"',
      '\\',
      '|',
      'CEF:0|',
      'LEEF:2.0|',
      '%',
      '*',
      'Jun  1 11:00:00',
      '2026-06-01T11:00:00Z',
      'UTC',
      'h',
      'app[1]: ',
      '\ufeff',
      '[a b="c"]',
      '\0',
      '=',
    ),
    fc.string({ maxLength: 8 }),
  );
  const text = fc.array(parts, { maxLength: 20 }).map((pieces) => new TextEncoder().encode(pieces.join('')));
  const message = fc.oneof(text, fc.uint8Array({ maxLength: 60 }));
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 20 }), async (messages) => {
      const lines = await decodeAll(messages);
      assert.equal(lines.length, messages.length);
      const alone = await decodeAll(messages.slice(0, 1));
      assert.deepEqual(lines[0], alone[0]);
    }),
    { numRuns: 300 },
  );
});
