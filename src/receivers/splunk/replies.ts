/**
 * What the HTTP Event Collector answers: a text and a number that its clients know.
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector
 */
import type { AppError } from '#base/errors.ts';
import type { ReceiverReply } from '#receivers/http-receiver.ts';

export interface HecError {
  readonly status: number;
  readonly code: number;
  readonly text: string;
}

export const hecErrors = {
  tokenDisabled: { status: 403, code: 1, text: 'Token disabled' },
  tokenRequired: { status: 401, code: 2, text: 'Token is required' },
  invalidAuthorization: { status: 401, code: 3, text: 'Invalid authorization' },
  invalidToken: { status: 403, code: 4, text: 'Invalid token' },
  noData: { status: 400, code: 5, text: 'No data' },
  invalidFormat: { status: 400, code: 6, text: 'Invalid data format' },
  internal: { status: 500, code: 8, text: 'Internal server error' },
  serverBusy: { status: 503, code: 9, text: 'Server is busy' },
  channelMissing: { status: 400, code: 10, text: 'Data channel is missing' },
  eventRequired: { status: 400, code: 12, text: 'Event field is required' },
  eventBlank: { status: 400, code: 13, text: 'Event field cannot be blank' },
  unhealthy: { status: 503, code: 18, text: 'HEC is unhealthy, queues are full' },
  tooLarge: { status: 413, code: 27, text: 'Request entity too large' },
} as const satisfies Record<string, HecError>;

/** An answer; `more` are its further members. */
export function hecReply({ status, code, text }: HecError, more: Readonly<Record<string, unknown>> = {}): ReceiverReply {
  return { status, body: JSON.stringify({ text, code, ...more }) };
}

export const success: HecError = { status: 200, code: 0, text: 'Success' };
export const healthy: HecError = { status: 200, code: 17, text: 'HEC is healthy' };

/** `wasGiven`: the request has credentials at all. */
export function hecErrorOf(error: AppError, status: number, wasGiven: boolean): HecError {
  switch (error.kind) {
    case 'unauthenticated':
      return wasGiven ? hecErrors.invalidToken : hecErrors.tokenRequired;
    case 'forbidden':
      return hecErrors.tokenDisabled;
    // senders wait and repeat on 503 alone
    case 'too_many_requests':
    case 'unavailable':
      return hecErrors.serverBusy;
    case 'too_large':
      return { ...hecErrors.tooLarge, text: `${hecErrors.tooLarge.text}: ${error.message}` };
    case 'internal':
      return hecErrors.internal;
    default:
      return { ...hecErrors.invalidFormat, status, text: `${hecErrors.invalidFormat.text}: ${error.message}` };
  }
}
