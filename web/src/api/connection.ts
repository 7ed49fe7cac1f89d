/**
 * Whether the server answers. Requests report here; while none gets through, the server is asked again with growing pauses,
 * and whoever listens for its return asks anew. What was shown stays.
 */
import { useSyncExternalStore } from 'react';

export type Connection = { readonly state: 'here' } | { readonly state: 'away'; readonly sinceMs: number; readonly nextTryMs: number };

const firstPauseMs = 500;
const longestPauseMs = 10_000;

let current: Connection = { state: 'here' };
let pauseMs = firstPauseMs;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
const returnListeners = new Set<() => void>();

function set(connection: Connection): void {
  current = connection;
  for (const listener of [...listeners]) listener();
}

/** A request got an answer, whatever it was. */
export function serverAnswered(): void {
  if (current.state === 'here') return;
  clearTimeout(timer);
  pauseMs = firstPauseMs;
  set({ state: 'here' });
  for (const listener of [...returnListeners]) listener();
}

/** A request got none. */
export function serverAway(): void {
  if (current.state === 'here') scheduleTry(Date.now());
}

function scheduleTry(sinceMs: number): void {
  set({ state: 'away', sinceMs, nextTryMs: Date.now() + pauseMs });
  clearTimeout(timer);
  timer = setTimeout(() => void tryAgain(sinceMs), pauseMs);
  pauseMs = Math.min(longestPauseMs, pauseMs * 1.6);
}

async function tryAgain(sinceMs: number): Promise<void> {
  try {
    // the gateway answers 503 while the part behind it that searches is not there
    const response = await fetch('/health/live', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    if (response.ok) return serverAnswered();
  } catch {
    // still away
  }
  scheduleTry(sinceMs);
}

/** Asks at once: the person, or the network, says that it may be back. */
export function retryNow(): void {
  if (current.state === 'here') return;
  clearTimeout(timer);
  pauseMs = firstPauseMs;
  void tryAgain(current.sinceMs);
}

window.addEventListener('online', retryNow);

/** Calls when the server is back; returns how to stop. */
export function onServerReturn(listener: () => void): () => void {
  returnListeners.add(listener);
  return () => void returnListeners.delete(listener);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => current);
}
