/**
 * JSON bodies of requests. Numbers that JavaScript would change (`12345678901234567890`, `5.0`) stay as their text, so
 * that a filter on a number finds what was sent, digit by digit.
 */
import { AppError } from '#base/errors.ts';

/** The parsed body; AppError `malformed_body` says where it breaks. */
export function parseJsonBody(text: string): unknown {
  try {
    return JSON.parse(text, keepNumberText);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const problem = error instanceof RangeError ? 'it is nested too deeply' : error instanceof Error ? error.message : String(error);
    throw new AppError('malformed_body', `the body is not JSON: ${problem}`);
  }
}

/** Source text of a primitive, given to revivers since Node 22 (ECMAScript proposal "JSON.parse source text access"). */
interface ReviverContext {
  readonly source?: string;
}

function keepNumberText(key: string, value: unknown, context?: ReviverContext): unknown {
  if (key === '__proto__') throw new AppError('malformed_body', 'a member may not be called "__proto__"');
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : context.source;
}
