/** Content types of the native endpoints. */
import { AppError } from '#base/errors.ts';

export type ContentFormat = 'json' | 'ndjson';

const formatOfType: Readonly<Record<string, ContentFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/x-jsonlines': 'ndjson',
};

/**
 * Format of a `Content-Type` header; none at all means JSON. Throws `unsupported_content_type` for any other type and
 * for a character set that is not UTF-8.
 */
export function contentFormat(header: string | undefined): ContentFormat {
  if (header === undefined || header === 'application/json') return 'json';
  const [type, ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const format = Object.hasOwn(formatOfType, type) ? formatOfType[type] : undefined;
  if (format === undefined) {
    throw new AppError(
      'unsupported_content_type',
      `content type "${type}" is not taken here; send application/json or application/x-ndjson`,
    );
  }
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw new AppError('unsupported_content_type', `character set "${charset}" is not taken here; send UTF-8`);
  }
  return format;
}
