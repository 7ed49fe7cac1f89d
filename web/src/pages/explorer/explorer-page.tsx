/** The page Explorer: also what links to a line and shared links lead to. */
import type { PageProps } from '../../app/routes.ts';
import { Explorer } from './explorer.tsx';

export function ExplorerPage(_: PageProps) {
  return <Explorer />;
}
