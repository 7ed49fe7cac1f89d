/** Notifications for the tests of channels: one as it usually is, and any at all, with hostile text in every place. */
import * as fc from 'fast-check';
import type { Notification, NotifiedIncident } from '#alerting/notification.ts';
import type { Incident, IncidentSample } from '#metadata/alert-records.ts';

export const sampleLine: IncidentSample = {
  id: '0199f0c2-7d1e-7a30-8c44-5a2f0c9b1d11',
  timestamp: '2026-11-21T23:17:42.118Z',
  level: 'ERROR',
  service: 'payment-service',
  host: 'pay-7f9c-2',
  message: 'charge failed: gateway timeout after 5000 ms\n  at charge (payments.ts:118:11)\n  at async settle (orders.ts:74:5)',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  patternId: 'a3f09c12',
};

export const sampleIncident: Incident = {
  id: 'inc-01',
  tenant: 'default',
  ruleId: 'rule-1',
  ruleVersion: 3,
  ruleName: 'Payment errors',
  severity: 'critical',
  group: { service: 'payment-service', host: 'pay-7f9c-2' },
  labels: { team: 'payments', service: 'payment-service' },
  state: 'firing',
  beganMs: Date.UTC(2026, 10, 21, 23, 12, 30),
  firedMs: Date.UTC(2026, 10, 21, 23, 17, 30),
  value: 42,
  detail: '42 lines in 5 min, above 10',
  lateMs: 0,
  samples: [
    sampleLine,
    { ...sampleLine, id: 'b', timestamp: '2026-11-21T23:17:44.902Z', message: 'charge failed: card declined for user 8812' },
  ],
  suppressedBy: [],
};

export const notifiedIncident: NotifiedIncident = {
  incident: sampleIncident,
  title: 'Payment errors: payment-service on pay-7f9c-2',
  runbookUrl: 'https://runbooks.example.com/payments',
  linesUrl: 'https://logs.example.com/explore?q=service%3Apayment-service&from=1',
  incidentUrl: 'https://logs.example.com/alerts/incidents/inc-01',
};

export const sampleNotification: Notification = {
  groupKey: 'default/route-1/service=payment-service',
  id: 'ntf-0001',
  kind: 'fired',
  severity: 'critical',
  atMs: Date.UTC(2026, 10, 21, 23, 17, 59),
  title: 'Payment errors on payment-service: 42 in 5 min',
  text: 'More than 10 lines `level:>=ERROR` of payment-service in 5 min: 42.\nFiring since 2026-11-21 23:17:30 UTC.',
  incidents: [notifiedIncident],
  moreIncidents: 0,
};

/** Texts that mean something to a header, to HTML, to mrkdwn, to a card, to a terminal or to nobody. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\r\nBcc: everyone@example.com\r\n\r\nbody of another mail',
  'a\nTo: x@example.com',
  '.\r\n.\r\nQUIT\r\n',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '"><a href="javascript:alert(1)">click</a>',
  "' onmouseover='alert(1)",
  '<!channel> <!here> <@U012AB3CD> <https://evil.example|bank>',
  '*bold* _it_ ~no~ ```code``` `x` > quote & &amp; &lt;!channel&gt;',
  '[click](https://evil.example) **bold** {{DATE(2017-02-14T06:00:00Z)}} ${title} @{triggerBody()} <at>All</at>',
  '\u0000\u0001\u0007\u001b[31mred\u001b[0m\u007f\u009b',
  'gnp.\u202etxt\u202c \u200b\u2060\ufeff\u2066hidden\u2069',
  '\ud800 lone \udc00 surrogates \udfff\ud800',
  '👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 e\u0301'.repeat(20),
  '\u2028line\u2029paragraph\u0085next',
  '__proto__',
  'constructor',
  '=?utf-8?Q?evil?= =?utf-8?B?ZXZpbA==?=',
  '\\" \\\\ \\u0000 %0d%0aX: y %s {0}',
  'x'.repeat(10_000),
  'ü𝔘'.repeat(20_000),
  '"'.repeat(9000),
  '\n'.repeat(5000),
  '<'.repeat(20_000),
];

const text = fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 100 }));
const time = fc.oneof(fc.integer({ min: 0, max: 4_102_444_800_000 }), fc.constantFrom(0, -1, 8.7e15, 1e300));
const link = fc.oneof(
  fc.webUrl({ withQueryParameters: true }),
  text,
  fc.constantFrom('javascript:alert(1)', '/explore?q=x', 'https://x.example/"><script>'),
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const line: fc.Arbitrary<IncidentSample> = fc.record({
  id: text,
  timestamp: text,
  level: fc.oneof(text, fc.constantFrom('ERROR', 'WARN')),
  service: text,
  host: text,
  message: text,
  traceId: text,
  patternId: text,
});

const severities = ['info', 'warning', 'critical'] as const;

const incident: fc.Arbitrary<Incident> = fc.record({
  id: fc.constant('inc-01'),
  tenant: fc.constant('default'),
  ruleId: text,
  ruleVersion: fc.nat(),
  ruleName: text,
  severity: fc.constantFrom(...severities),
  group: fc.dictionary(text, text, { maxKeys: 10 }),
  labels: fc.dictionary(text, text, { maxKeys: 20 }),
  state: fc.constantFrom('ok', 'pending', 'firing', 'no_data', 'late_data', 'failed'),
  beganMs: time,
  firedMs: optional(time),
  resolvedMs: optional(time),
  acknowledgedMs: optional(time),
  acknowledgedBy: optional(text),
  value: optional(fc.double({ noNaN: true, noDefaultInfinity: true })),
  detail: optional(text),
  lateMs: fc.nat(),
  samples: fc.array(line, { maxLength: 20 }),
  suppressedBy: fc.constant([]),
});

export const anyNotification: fc.Arbitrary<Notification> = fc.record({
  groupKey: text,
  id: text,
  kind: fc.constantFrom('fired', 'repeated', 'escalated', 'acknowledged', 'resolved', 'test'),
  severity: fc.constantFrom(...severities),
  atMs: time,
  title: text,
  text,
  incidents: fc.array(fc.record({ incident, title: text, runbookUrl: optional(link), linesUrl: link, incidentUrl: link }), {
    maxLength: 12,
  }),
  moreIncidents: fc.nat({ max: 5000 }),
  remoteId: optional(fc.oneof(text, fc.constantFrom('C012AB3CD:1700000000.000100', '<first@example.com>'))),
});
