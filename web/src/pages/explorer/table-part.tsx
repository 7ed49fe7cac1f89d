/** In the place of the list: what the pipes of the query make of its lines. */
import { TableView } from '../../table-view/table-view.tsx';
import type { Zone } from '../../time-range/zones.ts';
import type { Explorer } from './use-explorer.ts';

export function TablePart({ explorer: { state, run, actions }, zone }: { readonly explorer: Explorer; readonly zone: Zone }) {
  if (run === undefined) return null;
  return (
    <TableView
      question={{ query: state.q, timeRange: run.timeRange, key: run.key }}
      zone={zone}
      onValue={(field, value) => actions.linesOf({ field, value })}
    />
  );
}
