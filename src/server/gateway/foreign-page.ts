/**
 * Keeps web pages of other sites from using a server that is open because it listens on loopback only: their browser can
 * reach it. A name that points to 127.0.0.1 (DNS rebinding) gives itself away by Host, a form or script of another site by
 * Origin. With API keys neither matters, for the page has none.
 */
import type { IncomingMessage } from 'node:http';
import { AppError } from '#base/errors.ts';

export interface PageGuard {
  /** Why the request is not taken; undefined where it is. */
  refusal(request: IncomingMessage): AppError | undefined;
}

export const noPageGuard: PageGuard = { refusal: () => undefined };

const loopbackNames = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:127(?:\.\d{1,3}){3}\])$/i;

/** `allowedHosts`: names besides loopback's own under which a proxy or the machine is known (`gateway.allowed_hosts`). */
export function createPageGuard(allowedHosts: readonly string[]): PageGuard {
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()));
  const isOwn = (host: string): boolean => {
    const name = host.replace(/:\d*$/, '').toLowerCase();
    return loopbackNames.test(name) || allowed.has(name);
  };
  return {
    refusal({ headers: { host, origin } }) {
      // HTTP/1.0 and some scripts send none; a browser always does
      if (host !== undefined && !isOwn(host)) return foreign(`host "${host}"`);
      if (origin === undefined) return undefined;
      return isOwn(origin.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')) ? undefined : foreign(`a page of "${origin}"`);
    },
  };
}

function foreign(what: string): AppError {
  return new AppError(
    'forbidden',
    `requests for ${what} are not taken while everything is open: configure API keys, or name it in gateway.allowed_hosts`,
    {
      details: { setting: 'gateway.allowed_hosts' },
    },
  );
}
