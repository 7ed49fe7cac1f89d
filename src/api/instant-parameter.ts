/** A point in time in a request that is no search: RFC 3339 with its zone, nothing relative. */
import { AppError } from '#base/errors.ts';

/** Milliseconds since 1970. @throws AppError invalid_time_range naming the parameter */
export function instantMs(name: string, text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/i.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new AppError('invalid_time_range', `"${name}" must be a time like 2026-01-31T12:00:00Z, not ${JSON.stringify(text.slice(0, 80))}`);
}
