/** Alert rules: the list, one, what is done to them, and what the server says against a draft. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call } from '../../../api/client.ts';
import type { AlertRule } from '../../../api/operations.ts';
import { toast } from '../../../app/toasts.tsx';

const queryKey = ['alert-rules'] as const;

const renewedMs = 5000;
/** Thousands of rules are not asked for all the time. */
const manyRules = 500;

/** `renewed` false: what the rules say, not how they are now. */
export function useRules({ renewed = true } = {}) {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => call('alerts', {}, signal),
    staleTime: renewed ? 0 : 300_000,
    refetchInterval: ({ state: { data } }) => renewed && (data !== undefined && data.total > manyRules ? 6 * renewedMs : renewedMs),
  });
}

export function useRule(id: string | undefined) {
  return useQuery({
    queryKey: [...queryKey, 'one', id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => call('alert', { path: { id: id! } }, signal),
    refetchInterval: 10_000,
  });
}

export function useVersions(id: string | undefined) {
  return useQuery({
    queryKey: [...queryKey, 'versions', id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => call('alertVersions', { path: { id: id! } }, signal),
  });
}

export type RuleChange =
  | { readonly id: string; readonly what: 'enable' | 'disable' | 'unmute' | 'delete' }
  | { readonly id: string; readonly what: 'mute'; readonly span: string };

function changeRule(change: RuleChange): Promise<unknown> {
  const path = { id: change.id };
  switch (change.what) {
    case 'enable':
      return call('alertEnable', { path });
    case 'disable':
      return call('alertDisable', { path });
    case 'mute':
      return call('alertMute', { path, body: { for: change.span } });
    case 'unmute':
      return call('alertUnmute', { path });
    case 'delete':
      return call('alertDelete', { path });
  }
}

export function useChangeRule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: changeRule,
    onSuccess: () => client.invalidateQueries({ queryKey }),
    onError: (error) => toast({ kind: 'error', text: error.message }),
  });
}

export interface SaveRule {
  /** Undefined: a new one. */
  readonly id: string | undefined;
  readonly version: number | undefined;
  readonly rule: AlertRule;
}

export function useSaveRule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, version, rule }: SaveRule) =>
      id === undefined
        ? call('alertCreateC', { body: { ...rule } })
        : call('alertPut', { path: { id }, body: { rule: { ...rule }, version } }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  });
}

/** What the server says of a draft, which may still be without a name; nothing is kept. */
export function useRuleCheck(draft: unknown) {
  const text = JSON.stringify(named(draft));
  const settled = useSettled(text, 350);
  const check = useQuery({
    queryKey: ['alert-check', settled],
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call('alertCheck', { body: { rule: JSON.parse(settled) as AlertRule } }, signal),
  });
  /** What is said is of the draft as it is, not of the one before. */
  return { check: check.data, isCurrent: !check.isPlaceholderData && settled === text };
}

/** What has no name yet can be checked and tried all the same. */
export function named(draft: unknown): unknown {
  return isUnnamed(draft) ? { ...draft, name: 'unnamed' } : draft;
}

export function isUnnamed(draft: unknown): draft is { readonly name: string } {
  return typeof draft === 'object' && draft !== null && 'name' in draft && draft.name === '';
}

/** A value that has not changed for a while: what is typed is not asked letter by letter. */
export function useSettled<T>(value: T, afterMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}
