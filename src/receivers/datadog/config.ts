/** Settings of the receiver of Datadog's log intake. */
import { flag, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const datadogConfig = section("Datadog's log intake, on the main port: /api/v2/logs and /v1/input.", {
  enabled: flag(true, 'Take logs there.'),
});

export type DatadogConfig = Static<typeof datadogConfig>;
