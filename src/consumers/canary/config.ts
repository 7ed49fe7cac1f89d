/** Settings of the built-in canary (`canary.*`). */
import { duration, flag, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const canaryConfig = section(
  'The built-in canary: it sends lines like any sender, in a tenant of its own, and measures when they are acknowledged, tailed and found.',
  {
    enabled: flag(true, 'Whether the canary runs.'),
    interval: duration('10s', 'Time between two lines of the canary.', { minimum: 100 }),
    timeout: duration('30s', 'A line that live tail or search has not shown after this time counts as missing.', { minimum: 100 }),
    confirm_after: duration(
      '3m',
      'Time after which a found line is looked for once more: it must be there exactly once, also after a flush.',
      { minimum: 100 },
    ),
  },
);

export type CanaryConfig = Static<typeof canaryConfig>;
