/** Dashboards: those that are there without anybody making them, and those that people have saved. */
import type { PageProps } from '../../app/routes.ts';
import { Link } from '../../design/link.tsx';
import { EmptyState, ErrorState, Progress } from '../../design/state.tsx';
import { builtinDashboards } from './builtin-dashboards.ts';
import { DashboardView } from './dashboard-view.tsx';
import { useSavedDashboards } from './use-dashboards.ts';

export function DashboardsPage({ parameters: { name = 'overview' } }: PageProps) {
  const saved = useSavedDashboards();
  const builtin = builtinDashboards.get(name);
  if (builtin !== undefined) return <DashboardView key={name} name={name} saved={builtin} version={undefined} all={saved.data ?? []} />;
  if (saved.isPending) return <Progress active label="Dashboards" />;
  if (saved.data === undefined) return <ErrorState error={saved.error} onRetry={() => void saved.refetch()} />;
  const found = saved.data.find((one) => one.name === name);
  if (found === undefined) {
    return (
      <EmptyState title="There is no such dashboard" actions={<Link href="/dashboards">Open the overview</Link>}>
        Nobody has saved one as <code>{name}</code>, or it was removed.
      </EmptyState>
    );
  }
  return <DashboardView key={name} name={name} saved={found.dashboard} version={found.version} all={saved.data} />;
}
