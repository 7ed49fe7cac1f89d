/** The lines of the golden cases: few, so that expected rows can be checked by eye. */
import type { SampleRow } from './sample-rows.ts';

const blank: SampleRow = {
  service: '', host: '', environment: '', level: 0, skewed: false, traceId: '', spanId: '', message: '', attributes: {}, resource: {}, tags: [],
};

export const goldenRows: readonly SampleRow[] = [
  { ...blank, service: 'payment-service', host: 'web-1', environment: 'production', level: 17, message: 'Payment declined for order ord-456', attributes: { user_id: 'u-123', order: 'ord-456' } },
  { ...blank, service: 'payment-service', level: 18, message: 'card DECLINED: timeout after 5000 ms', attributes: { error_code: 'TIMEOUT', latency_ms: '5000' }, traceId: 'abc-123-def' },
  { ...blank, service: 'checkout', level: 13, message: 'declined card', attributes: { trace_id: 'abc-123-def', empty: '' } },
  { ...blank, service: 'auth', level: 9, message: 'Größe überschritten, Straße gesperrt', resource: { region: 'eu-west-1' } },
  { ...blank, service: 'auth', level: 10, message: '支付失败 code=7', attributes: { region: 'us-east-1' }, resource: { region: 'eu-west-1' } },
  { ...blank, host: '10.0.0.1', level: 5, message: 'connection to 10.0.0.12:8080 refused', tags: ['canary', 'net'] },
  { ...blank, host: 'web-2', level: 21, message: 'prepay a_b-c', skewed: true, attributes: { service: 'inner', tenant: 'acme' } },
  { ...blank, service: 'declined', message: '', spanId: 'span-789' },
  { ...blank, level: 24, message: "'; DROP TABLE logs; --", attributes: { "quo'te": "' OR 1=1" } },
];

export const goldenQueries: readonly string[] = [
  '', '*', 'declined', 'DECLINED', 'timeout', 'TIMEOUT', 'card declined', '"card declined"', '"declined card"', '"declined: timeout"', 'ord-456', '"ord 456"', 'ord',
  'u-123', 'u', 'abc-123-def', 'span-789', 'payment-service', '10.0.0.1', '"10.0.0.1"', '10.0.0.*', '"10.0.0"', 'pay*', 'PAY*', '"card decl"*', 'ord-*', 'gro*',
  'grosse', 'größe', 'GRÖSSE', 'strasse', '支付', '失败', '支败', 'a_b', 'b-c', 'cafe',
  'service:payment-service', 'service:payment*', 'service:PAYMENT*', 'service:""', 'service:*', 'service.name:auth', 'service:(auth OR checkout)', 'metadata.service:inner',
  'user_id:u-123', 'metadata.user_id:u-123', 'meta.user_id:u-1*', 'user_id:*', 'resource.user_id:*', 'empty:*', 'empty:""', 'nothing:""', 'latency_ms:5000',
  'region:eu-west-1', 'region:us-east-1', 'resource.region:eu-west-1', 'metadata.region:*', 'region:*',
  'trace_id:abc-123-def', 'meta.trace_id:abc-123-def', 'metadata.trace_id:abc-123-def', 'trace_id:*', 'tenant:acme', 'tags:canary', 'tags:can*', 'tags:*', 'skewed:true', 'skewed:false',
  'message:declined', 'message:"declined card"', 'message:""', 'message:*', 'msg:refus*',
  'level:ERROR', 'level:err', 'level:17', 'level:ERROR2', 'level:notice', 'level:info', 'level>=WARN', 'level>WARN', 'level<WARN', 'level<=13', 'level>FATAL', 'level<trace', 'level:*', 'NOT level:*', 'level:(WARN OR FATAL)',
  'NOT declined', '-declined', 'declined -card', 'declined OR refused', 'declined AND NOT level:ERROR', 'NOT (declined OR level>=INFO)', 'NOT user_id:u-123', 'NOT region:us-east-1',
  "\"'; DROP TABLE logs; --\"", "\"quo'te\":\"' OR 1=1\"",
];
