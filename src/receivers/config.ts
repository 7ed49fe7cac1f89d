/** Settings of all receivers (`receivers.*`): each has its own section in its folder. */
import { section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { beatsConfig } from './beats/config.ts';
import { datadogConfig } from './datadog/config.ts';
import { elasticsearchConfig } from './elasticsearch/config.ts';
import { forwardConfig } from './forward/config.ts';
import { journaldConfig } from './journald/config.ts';
import { gelfConfig } from './gelf/config.ts';
import { lokiConfig } from './loki/config.ts';
import { otlpConfig } from './otlp/config.ts';
import { rawConfig } from './raw/config.ts';
import { splunkConfig } from './splunk/config.ts';
import { syslogConfig } from './syslog/config.ts';

export const receiversConfig = section('Wire protocols beside the native one, each switched and moved by itself.', {
  raw: rawConfig,
  datadog: datadogConfig,
  elasticsearch: elasticsearchConfig,
  splunk: splunkConfig,
  loki: lokiConfig,
  otlp: otlpConfig,
  forward: forwardConfig,
  beats: beatsConfig,
  journald: journaldConfig,
  syslog: syslogConfig,
  gelf: gelfConfig,
});

export type ReceiversConfig = Static<typeof receiversConfig>;
