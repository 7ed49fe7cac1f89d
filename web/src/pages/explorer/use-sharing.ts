/** Links: to the whole view, frozen on the server; and to one line. */
import { useCallback } from 'react';
import { call } from '../../api/client.ts';
import { toast } from '../../app/toasts.tsx';
import { copyText } from '../../design/copy-text.ts';
import type { LogLine } from '../../log-list/line-fields.ts';
import type { Explorer } from './use-explorer.ts';

export function useSharing({ state, run }: Explorer): { readonly share: () => void; readonly linkTo: (line: LogLine) => string } {
  const share = useCallback(() => void shareView(), [state, run]);
  return { share, linkTo: (line) => `${window.location.origin}/logs/${line.id}` };

  /** Everything that the address holds, with the range as it is now: whoever opens it sees what is seen here. */
  async function shareView(): Promise<void> {
    if (run === undefined) return;
    const { last: _last, from: _from, to: _to, live: _live, q, ...rest } = state;
    const view = { query: q, time_range: run.timeRange, shown_range: run.range, state: rest };
    try {
      const { path } = await call('linkCreate', { body: { view } });
      await copyText(`${window.location.origin}${path ?? ''}`, 'Link to exactly this');
    } catch (error) {
      toast({ kind: 'error', text: `No link could be made: ${error instanceof Error ? error.message : String(error)}` });
    }
  }
}
