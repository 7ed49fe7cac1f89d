/** What is only taste, kept in this browser: theme, zone, density, widths. Also works where storage is not allowed. */
import { useCallback, useSyncExternalStore } from 'react';

const prefix = 'millrace.';
const values = new Map<string, unknown>();
const listeners = new Set<() => void>();

function read(name: string): unknown {
  if (values.has(name)) return values.get(name);
  let value: unknown;
  try {
    const text = localStorage.getItem(prefix + name);
    value = text === null ? undefined : JSON.parse(text);
  } catch {
    value = undefined;
  }
  values.set(name, value);
  return value;
}

/** The kept value where it is one that `isValid` takes, else the fallback. */
export function storedValue<T>(name: string, fallback: T, isValid: (value: unknown) => value is T): T {
  const value = read(name);
  return isValid(value) ? value : fallback;
}

export function storeValue(name: string, value: unknown): void {
  values.set(name, value);
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // it holds until the page is closed
  }
  for (const listener of [...listeners]) listener();
}

// another window of the interface has changed it
window.addEventListener('storage', ({ key }) => {
  if (key === null) values.clear();
  else if (key.startsWith(prefix)) values.delete(key.slice(prefix.length));
  for (const listener of [...listeners]) listener();
});

export function subscribeToStored(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Like useState, kept under a name. `fallback` and `isValid` must be the same in every render. */
export function useStored<T>(name: string, fallback: T, isValid: (value: unknown) => value is T): readonly [T, (value: T) => void] {
  const value = useSyncExternalStore(subscribeToStored, () => storedValue(name, fallback, isValid));
  const set = useCallback((next: T) => storeValue(name, next), [name]);
  return [value, set];
}

export function isOneOf<const T extends string>(...choices: readonly T[]): (value: unknown) => value is T {
  return (value): value is T => choices.some((one) => one === value);
}
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
export const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
