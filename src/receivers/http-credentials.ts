/** What the headers of an HTTP request say about its sender, where the protocol has no words of its own for it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { SenderCredentials } from '#ingest/intake.ts';

/** The first value of a header; undefined where it is missing or empty. */
export function firstHeader(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  return text === undefined || text === '' ? undefined : text;
}

/** Authorization, X-API-Key and X-Tenant-ID. */
export function credentialsOf(headers: IncomingHttpHeaders): SenderCredentials {
  return {
    authorization: headers.authorization,
    apiKey: firstHeader(headers['x-api-key']),
    tenant: firstHeader(headers['x-tenant-id']),
  };
}
