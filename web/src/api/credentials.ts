/**
 * Who asks: the key and the tenant that go with every request. The one place for sign-in; today a key can be given where the
 * server wants one, and lives as long as the tab.
 */
import { useSyncExternalStore } from 'react';

export interface Credentials {
  readonly apiKey?: string;
  readonly tenant?: string;
}

/** `refused`: the one that was given was not taken. */
export type CredentialsWanted = 'no' | 'yes' | 'refused';

const storageName = 'millrace.credentials';
const listeners = new Set<() => void>();
let current: Credentials = read();
let wanted: CredentialsWanted = 'no';

function read(): Credentials {
  try {
    return JSON.parse(sessionStorage.getItem(storageName) ?? '{}') as Credentials;
  } catch {
    return {};
  }
}

function changed(): void {
  for (const listener of [...listeners]) listener();
}

export function setCredentials(credentials: Credentials): void {
  current = credentials;
  wanted = 'no';
  try {
    sessionStorage.setItem(storageName, JSON.stringify(credentials));
  } catch {
    // they hold until the page is closed
  }
  changed();
}

/** The server has refused a request for want of a key, or of a better one. */
export function wantCredentials(): void {
  if (wanted !== 'no') return;
  wanted = current.apiKey === undefined ? 'yes' : 'refused';
  changed();
}

export function credentialHeaders(): Record<string, string> {
  return {
    ...(current.apiKey === undefined ? {} : { 'x-api-key': current.apiKey }),
    ...(current.tenant === undefined ? {} : { 'x-tenant-id': current.tenant }),
  };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Whether a key is to be asked for now. */
export function useWantsCredentials(): CredentialsWanted {
  return useSyncExternalStore(subscribe, () => wanted);
}
