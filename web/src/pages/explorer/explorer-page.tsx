/** The page Explorer, and the two kinds of links that lead to it: to one line (`/logs/{id}`), and to a shared view (`/links/{id}`). */
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call } from '../../api/client.ts';
import { navigate, useLocation } from '../../app/location.ts';
import type { PageProps } from '../../app/routes.ts';
import { hrefTo } from '../../app/url-state.ts';
import { Link } from '../../design/link.tsx';
import { ErrorState, Progress } from '../../design/state.tsx';
import { Explorer } from './explorer.tsx';
import { explorerView } from './explorer-view.ts';
import type { ExplorerState } from './explorer-view.ts';

export function ExplorerPage({ parameters }: PageProps) {
  const { path } = useLocation();
  const { id } = parameters;
  if (id === undefined) return <Explorer />;
  return <Opening key={path} id={id} kind={path.startsWith('/links/') ? 'link' : 'line'} />;
}

function Opening({ id, kind }: { readonly id: string; readonly kind: 'link' | 'line' }) {
  const target = useQuery({
    queryKey: ['opening', kind, id],
    staleTime: Infinity,
    queryFn: ({ signal }) => (kind === 'link' ? stateOfLink(id, signal) : stateOfLine(id, signal)),
  });
  const { data, error } = target;
  useEffect(() => {
    if (data !== undefined) navigate(hrefTo('/explore', explorerView, data), { replace: true });
  }, [data]);
  if (error === null) return <Progress active label="Opening the link" />;
  return <ErrorState error={error} onRetry={() => void target.refetch()} actions={<Link href="/explore">Open the Explorer</Link>} />;
}

interface SharedView {
  readonly query?: string;
  readonly time_range?: { readonly from?: string; readonly to?: string };
  readonly state?: Partial<ExplorerState>;
}

async function stateOfLink(id: string, signal: AbortSignal): Promise<Partial<ExplorerState>> {
  const { view } = (await call('link', { path: { id } }, signal)) as { view: SharedView };
  const { from, to } = view.time_range ?? {};
  return { ...view.state, q: view.query ?? '', from: from ?? '', to: to ?? '' };
}

/** Before a line that is opened alone. The list is newest first: ending with the line, it begins with it. */
const beforeMs = 300_000;

async function stateOfLine(id: string, signal: AbortSignal): Promise<Partial<ExplorerState>> {
  const line = await call('lineById', { path: { id } }, signal);
  const atMs = Date.parse(line.timestamp);
  return { line: id, from: new Date(atMs - beforeMs).toISOString(), to: new Date(atMs + 1).toISOString() };
}
