/**
 * Which of the fields of these lines play a part that has no fixed name: how long something took (`$duration`), and what was
 * asked for (`$endpoint`). The usual names are looked for among the fields that the lines have; the one that most lines have is
 * taken.
 */
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import type { Panel } from './dashboard.ts';

export type Role = 'duration' | 'endpoint';
export type FieldRoles = Readonly<Record<Role, string | undefined>>;

const candidates: Readonly<Record<Role, readonly string[]>> = {
  duration: [
    ...['duration_ms', 'latency_ms', 'elapsed_ms', 'response_time_ms', 'took_ms', 'duration', 'latency', 'elapsed'],
    ...['responseTime', 'response_time', 'request_time', 'http.duration_ms', 'http.server.duration', 'event.duration'],
  ],
  endpoint: ['http.route', 'route', 'endpoint', 'url.path', 'http.target', 'path', 'uri', 'url', 'request_path', 'rpc.method'],
};

export interface FoundField {
  readonly name: string;
  readonly lines: number;
}

/** The fields that play the parts. Pure. */
export function rolesAmong(found: readonly FoundField[]): FieldRoles {
  const best = (role: Role): string | undefined =>
    found.filter(({ name, lines }) => lines > 0 && candidates[role].includes(name)).toSorted((a, b) => b.lines - a.lines)[0]?.name;
  return { duration: best('duration'), endpoint: best('endpoint') };
}

/** Roles among the lines of the last day, or hour where the day is too much. */
export function useFieldRoles(wanted: boolean) {
  return useQuery({
    queryKey: ['field-roles'],
    queryFn: async ({ signal }) => {
      const fields = Object.values(candidates).flat();
      const { fields: found } = await call('fields', { body: { fields, limit_values: 1, time_range: { last: '1h' } } }, signal);
      return rolesAmong(found);
    },
    enabled: wanted,
    staleTime: 300_000,
  });
}

const roleMark = /\$(duration|endpoint)\b/g;

function rolesOf(panel: Panel): readonly Role[] {
  const texts = [panel.query, panel.metric, ...panel.groupBy];
  return texts.flatMap((text) => [...text.matchAll(roleMark)].map(([, role]) => role as Role));
}

export function needsRoles(panels: readonly Panel[]): boolean {
  return panels.some((panel) => rolesOf(panel).length > 0);
}

/** The panel with true names, or the part that no field plays. Pure. */
export function withRoles(panel: Panel, roles: FieldRoles): Panel | { readonly missing: Role } {
  const missing = rolesOf(panel).find((role) => roles[role] === undefined);
  if (missing !== undefined) return { missing };
  const filled = (text: string): string => text.replaceAll(roleMark, (_, role: Role) => roles[role] ?? '');
  return { ...panel, query: filled(panel.query), metric: filled(panel.metric), groupBy: panel.groupBy.map(filled) };
}
