/** Who is told of incidents: channels, routing, silences, maintenance, deliveries, inbox. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../../api/client.ts';
import type { AnswerOf, BodyOf } from '../../../api/client.ts';
import type { Matcher } from '../../../api/operations.ts';
import { toast } from '../../../app/toasts.tsx';

export type ChannelsAnswer = AnswerOf<'channels'>;

const renewedMs = 10_000;

export function useChannels() {
  return useQuery({ queryKey: ['channels'], queryFn: ({ signal }) => call('channels', {}, signal), refetchInterval: renewedMs });
}

export function useRouting() {
  return useQuery({ queryKey: ['routing'], queryFn: ({ signal }) => call('routing', {}, signal) });
}

export function useSilences() {
  return useQuery({ queryKey: ['silences'], queryFn: ({ signal }) => call('silences', {}, signal), refetchInterval: renewedMs });
}

export function useMaintenances() {
  return useQuery({ queryKey: ['maintenance'], queryFn: ({ signal }) => call('maintenances', {}, signal), refetchInterval: renewedMs });
}

export interface DeliveryFilter {
  readonly incident?: string;
  readonly channel?: string;
  readonly state?: string;
  readonly limit?: number;
}

export function useDeliveries({ limit = 100, ...filter }: DeliveryFilter) {
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== '' && value !== undefined));
  return useQuery({
    queryKey: ['deliveries', given, limit],
    queryFn: ({ signal }) => call('deliveries', { query: { limit, ...given } }, signal),
    refetchInterval: renewedMs,
    placeholderData: keepPreviousData,
  });
}

interface Said {
  /** The form that asks shows itself what went wrong. */
  readonly quiet?: boolean;
  /** Said when it is done, also where the form that asked is another one by then. */
  readonly done?: string;
}

/** A change with what is asked anew after it, and what is said of it. */
function useChange<Given, Answer>(what: string, ask: (given: Given) => Promise<Answer>, { quiet = false, done }: Said = {}) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: () => {
      if (done !== undefined) toast(done);
      // what people are told of depends on all of these
      const keys = [[what], ['incidents'], ['routing', 'preview']];
      return Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    ...(quiet ? {} : { onError: (error: Error) => toast({ kind: 'error', text: error.message }) }),
  });
}

export function useSilence() {
  return useChange('silences', (body: BodyOf<'silenceCreate'>) => call('silenceCreate', { body }), { quiet: true });
}

export function useEndSilence() {
  return useChange('silences', (id: string) => call('silenceDelete', { path: { id } }));
}

export function useSaveChannel() {
  return useChange(
    'channels',
    ({ name, body }: { readonly name: string; readonly body: BodyOf<'channelPut'> }) => call('channelPut', { path: { name }, body }),
    { quiet: true },
  );
}

export function useRemoveChannel() {
  return useChange('channels', (name: string) => call('channelDelete', { path: { name } }));
}

export function useSaveRouting() {
  return useChange('routing', (body: BodyOf<'routingPut'>) => call('routingPut', { body }), { quiet: true, done: 'Routing saved.' });
}

export function useSaveMaintenance() {
  return useChange(
    'maintenance',
    ({ name, body }: { readonly name: string; readonly body: BodyOf<'maintenancePut'> }) =>
      call('maintenancePut', { path: { name }, body }),
    { quiet: true },
  );
}

export function useRemoveMaintenance() {
  return useChange('maintenance', (name: string) => call('maintenanceDelete', { path: { name } }));
}

/** `service=checkout` */
export function matcherWords({ label, operator = '=', value }: Matcher): string {
  return `${label}${operator}${value === '' ? '""' : value}`;
}
