/** Settings of the Elasticsearch receiver. */
import { section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';
import { addressSettings } from '#receivers/listener-settings.ts';

export const elasticsearchConfig = section(
  'Elasticsearch bulk requests: on the main port under /elasticsearch, and on a port of its own.',
  {
    ...addressSettings(9200, 'Elasticsearch bulk requests'),
    version: text(
      '9.99.0',
      'The version of Elasticsearch that clients are told. Filebeat wants one that is not older than itself; a high one suits all.',
    ),
  },
);

export type ElasticsearchConfig = Static<typeof elasticsearchConfig>;
