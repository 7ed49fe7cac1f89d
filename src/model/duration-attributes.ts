/** Names under which lines say how long something took, in milliseconds; what reads durations by default reads these. */
export const usualDurationAttributes = 'duration_ms, latency_ms, elapsed_ms, took_ms, response_time_ms';

/** Of a setting that names them. */
export const durationAttributeText = (purpose: string): string =>
  `Attribute with the duration in milliseconds, for ${purpose}; of several spellings, with commas, the first that a line has counts.`;
