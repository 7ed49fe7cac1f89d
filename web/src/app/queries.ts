/**
 * The cache of answers. Passing errors are asked again with pauses, others at once shown; while the server is away what was
 * there stays, and everything on the screen is asked anew when it is back.
 */
import { QueryClient } from '@tanstack/react-query';
import { onServerReturn } from '../api/connection.ts';
import { ApiProblem, isPassing } from '../api/problem.ts';

const tries = 3;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // pages say themselves when something is asked anew
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: 'always',
      staleTime: 10_000,
      retry: (failures, error) => failures < tries && error instanceof ApiProblem && isPassing(error),
      retryDelay: (failures, error) => (error instanceof ApiProblem && error.retryAfterMs) || 500 * 2 ** failures,
    },
    mutations: { networkMode: 'always' },
  },
});

onServerReturn(() => void queryClient.invalidateQueries());
