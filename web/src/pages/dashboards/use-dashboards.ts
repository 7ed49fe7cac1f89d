/** Dashboards that people have saved, and how one is saved and removed. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { readDashboard } from './dashboard.ts';
import type { Dashboard } from './dashboard.ts';

export interface SavedDashboard {
  readonly name: string;
  readonly version: number;
  readonly dashboard: Dashboard;
}

const queryKey = ['dashboards'];

export function useSavedDashboards() {
  return useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<readonly SavedDashboard[]> => {
      const { saved } = await call('dashboards', {}, signal);
      return saved.flatMap(({ name, version, view }) => {
        const dashboard = readDashboard(view);
        return dashboard === undefined ? [] : [{ name, version, dashboard }];
      });
    },
  });
}

export interface SaveRequest {
  readonly name: string;
  readonly dashboard: Dashboard;
  /** The version that was changed; 0: it must be new. */
  readonly version: number;
}

export function useSaveDashboard() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, dashboard, version }: SaveRequest) =>
      call('dashboardPut', { path: { name }, body: { view: { ...dashboard }, version } }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  });
}

export function useRemoveDashboard() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => call('dashboardDelete', { path: { name } }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  });
}
