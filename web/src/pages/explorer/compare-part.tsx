/** What is compared: at a chosen instant before and after it; without one the range and the same time before. */
import { useMemo } from 'react';
import { CompareView } from '../../comparing/compare-view.tsx';
import { Button } from '../../design/button.tsx';
import { rangeBefore } from '../../patterns/use-patterns.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { Zone } from '../../time-range/zones.ts';
import type { Explorer } from './use-explorer.ts';

export function ComparePart({ explorer, zone, nowMs }: { readonly explorer: Explorer; readonly zone: Zone; readonly nowMs: number }) {
  const { state, update, run, actions } = explorer;
  const comparison = useMemo(
    () => (run === undefined ? undefined : { query: run.query, key: run.key, ...partsOf(run.range, state.at) }),
    [run, state.at],
  );
  if (comparison === undefined) return null;
  return (
    <CompareView
      comparison={comparison}
      zone={zone}
      nowMs={nowMs}
      hint={
        state.at === '' ? (
          'Press into the bars where it changed, to part before from after.'
        ) : (
          <Button look="quiet" icon="close" onClick={() => update({ at: '' })}>
            Compare with the same time before
          </Button>
        )
      }
      onFilter={actions.filter}
      onNarrow={actions.narrow}
    />
  );
}

function partsOf(range: SettledRange, at: string): { readonly selection: SettledRange; readonly baseline: SettledRange } {
  const atMs = at === '' ? Number.NaN : Date.parse(at);
  if (!(atMs > range.fromMs && atMs < range.toMs)) return { selection: range, baseline: rangeBefore(range) };
  return { selection: { fromMs: atMs, toMs: range.toMs }, baseline: { fromMs: range.fromMs, toMs: atMs } };
}
