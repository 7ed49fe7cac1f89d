/** The page Explorer. */
import { EmptyState } from '../../design/state.tsx';

export function ExplorerPage() {
  return <EmptyState title="Explorer" />;
}
