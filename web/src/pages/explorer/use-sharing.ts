/** Links: to the whole view, frozen on the server; and to one line. */
import { useCallback } from 'react';
import { call } from '../../api/client.ts';
import { toast } from '../../app/toasts.tsx';
import { copyText } from '../../design/copy-text.ts';
import type { LogLine } from '../../log-list/line-fields.ts';
import { rangeText } from '../../patterns/use-patterns.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { Explorer } from './use-explorer.ts';

export function useSharing(
  { state, run }: Explorer,
  lines: readonly LogLine[],
): { readonly share: () => void; readonly linkTo: (line: LogLine) => string } {
  const share = useCallback(() => void shareView(), [state, run, lines]);
  return { share, linkTo: (line) => `${window.location.origin}/logs/${line.id}` };

  /** Everything that the address holds, with the range as it is now: whoever opens it sees what is seen here. */
  async function shareView(): Promise<void> {
    if (run === undefined) return;
    const { last: _last, from: _from, to: _to, live: _live, q, ...rest } = state;
    const view = { query: q, time_range: rangeText(seenRange(run.range, lines)), state: rest };
    try {
      const { path } = await call('linkCreate', { body: { view } });
      await copyText(`${window.location.origin}${path ?? ''}`, 'Link to exactly this');
    } catch (error) {
      toast({ kind: 'error', text: `No link could be made: ${error instanceof Error ? error.message : String(error)}` });
    }
  }
}

/** Up to the moment of asking, and the lines seen whose senders' clocks are ahead: what comes later is not in it. */
function seenRange(range: SettledRange, lines: readonly LogLine[]): SettledRange {
  const newestMs = Math.max(Date.parse(lines[0]?.timestamp ?? ''), Date.parse(lines.at(-1)?.timestamp ?? '')) || 0;
  return { fromMs: range.fromMs, toMs: Math.max(range.toMs, newestMs + 1) };
}
