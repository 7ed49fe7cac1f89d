/** The page Status. */
import { EmptyState } from '../../design/state.tsx';

export function StatusPage() {
  return <EmptyState title="Status" />;
}
