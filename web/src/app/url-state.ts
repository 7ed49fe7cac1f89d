/**
 * A page's state, read from and written to the parameters of its address. A page declares its parameters once:
 *
 *   const view = urlState({ q: text(), level: list(), wrap: flag(), limit: number(100) });
 *   const [state, update] = useUrlState(view);
 *   update({ q: 'timeout' });                        // a new entry of the history
 *   update({ wrap: true }, { replace: true });       // none
 *   <Link href={hrefTo('/explore', view, { q })}>     // the same codecs make links from elsewhere
 *
 * What has its default value is left out of the address; what cannot be read counts as the default; parameters that the
 * page does not declare stay as they are.
 */
import { useCallback, useMemo } from 'react';
import type { NavigateOptions } from './location.ts';
import { currentLocation, hrefOf, navigate, useLocation } from './location.ts';

/** How a value stands in the address. `print` gives no value for the default. */
export interface Codec<T> {
  // methods, so that a codec of a text is a Codec<unknown> too
  read(values: readonly string[]): T;
  print(value: T): readonly string[];
}

export type UrlState = Readonly<Record<string, Codec<unknown>>>;
export type StateOf<S extends UrlState> = { readonly [K in keyof S]: S[K] extends Codec<infer T> ? T : never };

/** Only for its type: keeps the codecs' types. */
export function urlState<const S extends Readonly<Record<string, unknown>>>(codecs: { readonly [K in keyof S]: Codec<S[K]> }) {
  return codecs;
}

export function text(fallback = ''): Codec<string> {
  return { read: ([value = fallback]) => value, print: (value) => (value === fallback ? [] : [value]) };
}

export function number(fallback: number, { min = -Infinity, max = Infinity } = {}): Codec<number> {
  return {
    read: ([value]) => {
      const read = value === undefined || value.trim() === '' ? Number.NaN : Number(value);
      return Number.isFinite(read) && read >= min && read <= max ? read : fallback;
    },
    print: (value) => (value === fallback ? [] : [String(value)]),
  };
}

/** On as `1`, off as `0`, the default left out. */
export function flag(fallback = false): Codec<boolean> {
  return {
    read: ([value]) => (value === '1' ? true : value === '0' ? false : fallback),
    print: (value) => (value === fallback ? [] : [value ? '1' : '0']),
  };
}

export function choice<const T extends string>(choices: readonly T[], fallback: T): Codec<T> {
  return {
    read: ([value]) => choices.find((one) => one === value) ?? fallback,
    print: (value) => (value === fallback ? [] : [value]),
  };
}

/** A repeated parameter. */
export function list(): Codec<readonly string[]> {
  return { read: (values) => values, print: (value) => value };
}

/** JSON, for what has parts; what is not of the wanted shape counts as the fallback. */
export function json<T>(fallback: T, isShape: (value: unknown) => value is T): Codec<T> {
  return {
    read: ([value]) => {
      if (value === undefined) return fallback;
      try {
        const parsed: unknown = JSON.parse(value);
        return isShape(parsed) ? parsed : fallback;
      } catch {
        return fallback;
      }
    },
    print: (value) => (JSON.stringify(value) === JSON.stringify(fallback) ? [] : [JSON.stringify(value)]),
  };
}

/** The state that an address tells (`search` without its question mark). */
export function readState<S extends UrlState>(codecs: S, search: string): StateOf<S> {
  const parameters = new URLSearchParams(search);
  return Object.fromEntries(Object.entries(codecs).map(([name, codec]) => [name, codec.read(parameters.getAll(name))])) as StateOf<S>;
}

/** The address of a page in a state; what is not given has its default. */
export function hrefTo<S extends UrlState>(path: string, codecs: S, state: Partial<StateOf<S>>): string {
  return hrefOf(path, printState(codecs, state));
}

function printState<S extends UrlState>(codecs: S, state: Partial<StateOf<S>>): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(codecs).flatMap(([name, codec]) => (name in state ? [[name, codec.print(state[name as keyof S])]] : [])),
  );
}

export type Update<S extends UrlState> = (changes: Partial<StateOf<S>>, options?: NavigateOptions) => void;

/** The state of the present address, and how to change some of it. `codecs` must be the same object in every render. */
export function useUrlState<S extends UrlState>(codecs: S): readonly [StateOf<S>, Update<S>] {
  const { search } = useLocation();
  const state = useMemo(() => readState(codecs, search), [codecs, search]);
  const update = useCallback<Update<S>>(
    (changes, options) => {
      const { path, search } = currentLocation();
      const others: Record<string, string[]> = {};
      for (const [name, value] of new URLSearchParams(search)) if (!(name in codecs)) (others[name] ??= []).push(value);
      navigate(hrefOf(path, { ...printState(codecs, { ...readState(codecs, search), ...changes }), ...others }), options);
    },
    [codecs],
  );
  return [state, update];
}
