/** Settings of the receiver of Splunk's HTTP Event Collector. */
import { flag, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const splunkConfig = section("Splunk's HTTP Event Collector, on the main port under /services/collector.", {
  enabled: flag(true, 'Take events there.'),
});

export type SplunkConfig = Static<typeof splunkConfig>;
