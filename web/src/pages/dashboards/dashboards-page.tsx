/** The page Dashboards. */
import { EmptyState } from '../../design/state.tsx';

export function DashboardsPage() {
  return <EmptyState title="Dashboards" />;
}
