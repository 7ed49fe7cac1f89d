/** Alert rules: the list, one, what is done to them, and what the server says against a draft. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { RuleBody } from '../../../alerts/rule-model.ts';
import { call } from '../../../api/client.ts';
import type { AnswerOf } from '../../../api/client.ts';
import { toast } from '../../../app/toasts.tsx';

export type RuleProblem = AnswerOf<'alertCheck'>['problems'][number];

const queryKey = ['alert-rules'] as const;

export function useRules() {
  return useQuery({ queryKey, queryFn: ({ signal }) => call('alerts', {}, signal), refetchInterval: 5000 });
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
  readonly rule: RuleBody;
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

/** What the server says of a draft; nothing is kept. */
export function useRuleCheck(draft: unknown) {
  const settled = useSettled(JSON.stringify(draft), 350);
  return useQuery({
    queryKey: ['alert-check', settled],
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call('alertCheck', { body: { rule: JSON.parse(settled) as RuleBody } }, signal),
  });
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
