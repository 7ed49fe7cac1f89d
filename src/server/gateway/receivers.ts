/** All receivers of a gateway worker: a new one is one line here. */
import type { ReceiversConfig } from '#receivers/config.ts';
import { createBeatsReceiver } from '#receivers/beats/receiver.ts';
import { createDatadogReceiver } from '#receivers/datadog/receiver.ts';
import { createElasticsearchReceiver } from '#receivers/elasticsearch/receiver.ts';
import { createForwardReceiver } from '#receivers/forward/receiver.ts';
import { createJournaldReceiver } from '#receivers/journald/receiver.ts';
import { createGelfReceiver } from '#receivers/gelf/receiver.ts';
import { createNativeReceiver } from '#receivers/native/routes.ts';
import { createLokiReceiver } from '#receivers/loki/routes.ts';
import { createOtlpReceiver } from '#receivers/otlp/receiver.ts';
import { createRawReceiver } from '#receivers/raw/receiver.ts';
import { createResubmitReceiver } from '#receivers/resubmit/routes.ts';
import type { Receiver, ReceiverContext } from '#receivers/receiver.ts';
import { createSplunkReceiver } from '#receivers/splunk/receiver.ts';
import { createSyslogReceiver } from '#receivers/syslog/receiver.ts';

type Create = (context: ReceiverContext, config: ReceiversConfig) => Receiver | undefined;

const creators: Readonly<Record<string, Create>> = {
  native: (context) => createNativeReceiver(context),
  raw: (context, { raw }) => (raw.enabled ? createRawReceiver(context, raw) : undefined),
  elasticsearch: (context, { elasticsearch }) => (elasticsearch.enabled ? createElasticsearchReceiver(context, elasticsearch) : undefined),
  splunk: (context, { splunk }) => (splunk.enabled ? createSplunkReceiver(context) : undefined),
  datadog: (context, { datadog }) => (datadog.enabled ? createDatadogReceiver(context) : undefined),
  loki: (context, { loki }) => (loki.enabled ? createLokiReceiver(context, loki) : undefined),
  otlp: (context, { otlp }) => (otlp.enabled ? createOtlpReceiver(context, otlp) : undefined),
  forward: (context, { forward }) => (forward.enabled ? createForwardReceiver(context, forward) : undefined),
  beats: (context, { beats }) => (beats.enabled ? createBeatsReceiver(context, beats) : undefined),
  journald: (context, { journald }) => (journald.enabled ? createJournaldReceiver(context, journald) : undefined),
  syslog: (context, { syslog }) => (syslog.enabled ? createSyslogReceiver(context, syslog) : undefined),
  gelf: (context, { gelf }) => (gelf.enabled ? createGelfReceiver(context, gelf) : undefined),
};

/** The receivers that are switched on, and the one that gives them their records again. */
export function createReceivers(context: ReceiverContext, config: ReceiversConfig): readonly Receiver[] {
  const known = new Map(Object.entries(creators).map(([name, create]) => [name, create(context, config) ?? ('off' as const)]));
  const present = [...known.values()].filter((receiver) => receiver !== 'off');
  return [...present, createResubmitReceiver(context, known)];
}
