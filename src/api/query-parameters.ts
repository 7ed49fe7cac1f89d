/** Parameters of a query string as one object for a request reader: each once, empty ones absent, whole numbers as numbers. */
import { AppError } from '#base/errors.ts';
import type { ApiRequest } from './route.ts';

/** @throws AppError bad_request where a parameter is given twice */
export function parametersObject(parameters: ApiRequest['queryParameters'], wholeNumbers: readonly string[] = []): Record<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, text] of parameters) {
    if (text === '') continue;
    if (values.has(name)) throw new AppError('bad_request', `parameter "${name}" is given twice`, { details: { field: name } });
    values.set(name, wholeNumbers.includes(name) && /^\d{1,15}$/.test(text) ? Number(text) : text);
  }
  return Object.fromEntries(values);
}

/** @throws AppError bad_request for any other text */
export function oneOf<const T extends string>(field: string, text: string | undefined, known: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw new AppError('bad_request', `"${field}" must be one of ${known.join(', ')}`, { details: { field, known } });
}
