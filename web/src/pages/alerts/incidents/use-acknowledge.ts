/** Taking an incident: it is escalated to nobody else. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../../../api/client.ts';
import { toast } from '../../../app/toasts.tsx';

export function useAcknowledge() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, comment = '' }: { readonly id: string; readonly comment?: string }) =>
      call('incidentAcknowledge', { path: { id }, body: comment === '' ? {} : { comment } }),
    onSuccess: ({ rule_name: name }) => {
      toast(`You have taken “${name}”: it is escalated to nobody else.`);
      return client.invalidateQueries({ queryKey: ['incidents'] });
    },
    onError: (error) => toast({ kind: 'error', text: error.message }),
  });
}
