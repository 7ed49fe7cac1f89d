/**
 * The address of the page as a store: path and parameters, and going somewhere else without loading the page anew. The
 * address holds the whole state of a page, so reload, back, and a copied link show the same.
 *
 * A search parameter is written readably: what need not be encoded in a query is not (`level:ERROR`, not `level%3AERROR`).
 */
import { useSyncExternalStore } from 'react';

export interface PageLocation {
  readonly path: string;
  /** Without the question mark. */
  readonly search: string;
}

const listeners = new Set<() => void>();
let current: PageLocation = read();

function read(): PageLocation {
  return { path: window.location.pathname, search: window.location.search.slice(1) };
}

function changed(): void {
  current = read();
  for (const listener of [...listeners]) listener();
}

window.addEventListener('popstate', changed);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function currentLocation(): PageLocation {
  return current;
}

export function useLocation(): PageLocation {
  return useSyncExternalStore(subscribe, currentLocation);
}

export interface NavigateOptions {
  /** Takes the place of the present entry of the history: for steps that "back" should pass over. */
  readonly replace?: boolean;
}

/** Goes to an address of the interface (`/path?search`). The same address once more is no new entry. */
export function navigate(href: string, { replace = false }: NavigateOptions = {}): void {
  const target = new URL(href, window.location.href);
  const address = `${target.pathname}${target.search}${target.hash}`;
  if (address === `${window.location.pathname}${window.location.search}${window.location.hash}`) return;
  if (replace) window.history.replaceState(null, '', address);
  else window.history.pushState(null, '', address);
  changed();
}

/** Parameters in the order given; empty and undefined ones are left out. */
export function hrefOf(path: string, parameters: Readonly<Record<string, string | readonly string[] | undefined>> = {}): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) parts.push(`${encodePart(name)}=${encodePart(one)}`);
  }
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

/** Percent-encoding, but for signs that are allowed in a query and that people should be able to read there. */
function encodePart(text: string): string {
  return encodeURIComponent(text).replace(/%(?:3A|2F|2C|40|5B|5D|2A|3F|20)/g, (code) => (code === '%20' ? '+' : decodeURIComponent(code)));
}
