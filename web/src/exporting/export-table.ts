/** The table of a query with pipes as a file of CSV. */
import { send } from '../api/client.ts';
import { toast } from '../app/toasts.tsx';
import { saveFile } from './save-file.ts';

interface TableQuery {
  /** With its pipes. */
  readonly query: string;
  readonly timeRange: { readonly from: string; readonly to: string };
}

export async function exportTable({ query, timeRange }: TableQuery): Promise<void> {
  try {
    const response = await send('tableOfQuery', {
      body: { query, time_range: timeRange, allow_wide_range: true },
      headers: { accept: 'text/csv' },
    });
    const isWhole = response.headers.get('x-complete') !== 'false' && response.headers.get('x-more-rows') !== 'true';
    saveFile(await response.blob(), `millrace-table-${timeRange.from.replaceAll(/[:.]/g, '')}.csv`);
    if (!isWhole) toast({ kind: 'error', text: 'The table has more rows than the file: it is bounded by search.max_table_rows.' });
  } catch (error) {
    toast({ kind: 'error', text: `The table could not be exported: ${error instanceof Error ? error.message : String(error)}` });
  }
}
