/** Settings of all receivers (`receivers.*`): each has its own section in its folder. */
import { section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { elasticsearchConfig } from './elasticsearch/config.ts';
import { otlpConfig } from './otlp/config.ts';

export const receiversConfig = section('Wire protocols beside the native one, each switched and moved by itself.', {
  elasticsearch: elasticsearchConfig,
  otlp: otlpConfig,
});

export type ReceiversConfig = Static<typeof receiversConfig>;
