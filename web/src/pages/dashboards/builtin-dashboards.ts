/**
 * The dashboards that are there without anybody making them. `$duration` and `$endpoint` stand for the fields of these lines
 * that tell how long something took and what was asked for (`field-roles.ts`).
 */
import type { Dashboard, Panel } from './dashboard.ts';

const panel = (id: string, title: string, facts: Partial<Panel>): Panel => ({
  id,
  title,
  kind: 'series',
  query: '',
  metric: 'count',
  groupBy: [],
  unit: 'count',
  width: 6,
  limit: 8,
  ...facts,
});

const overview: Dashboard = {
  title: 'Overview',
  last: '1h',
  variables: ['service', 'environment'],
  panels: [
    panel('volume', 'Volume by level', { kind: 'bars', groupBy: ['level'], width: 12 }),
    panel('error-rate', 'Error rate by service', { metric: 'error_rate', groupBy: ['service'], unit: 'share' }),
    panel('error-rate-now', 'Services with the highest error rate', {
      kind: 'top',
      metric: 'error_rate',
      groupBy: ['service'],
      unit: 'share',
      limit: 10,
    }),
    panel('top-errors', 'Top errors', { kind: 'patterns', query: 'level>=ERROR', limit: 12 }),
    panel('slowest', 'Slowest services, p99', { kind: 'top', metric: 'p99($duration)', groupBy: ['service'], unit: 'ms', limit: 10 }),
  ],
};

const latency: Dashboard = {
  title: 'Latency',
  last: '1h',
  variables: ['service', 'environment'],
  panels: [
    panel('slowest-endpoints', 'Slowest endpoints, p99', {
      kind: 'top',
      metric: 'p99($duration)',
      groupBy: ['$endpoint'],
      unit: 'ms',
      limit: 15,
    }),
    panel('busiest-endpoints', 'Busiest endpoints', { kind: 'top', query: '$endpoint:*', groupBy: ['$endpoint'], limit: 15 }),
    panel('p99', 'p99 by service', { metric: 'p99($duration)', groupBy: ['service'], unit: 'ms' }),
    panel('p50', 'Median by service', { metric: 'p50($duration)', groupBy: ['service'], unit: 'ms' }),
    panel('endpoint-heat', 'p99 of endpoints over time', {
      kind: 'heat',
      metric: 'p99($duration)',
      groupBy: ['$endpoint'],
      unit: 'ms',
      width: 12,
      limit: 20,
    }),
  ],
};

const services: Dashboard = {
  title: 'Services',
  last: '1h',
  variables: ['service', 'environment'],
  panels: [
    panel('lines', 'Lines', { kind: 'number', width: 3 }),
    panel('rate', 'Error rate', { kind: 'number', metric: 'error_rate', unit: 'share', width: 3 }),
    panel('hosts', 'Hosts', { kind: 'number', metric: 'distinct(host)', width: 3 }),
    panel('p99', 'p99', { kind: 'number', metric: 'p99($duration)', unit: 'ms', width: 3 }),
    panel('by-service', 'Lines by service', { kind: 'bars', groupBy: ['service'] }),
    panel('errors-heat', 'Errors by service over time', { kind: 'heat', query: 'level>=ERROR', groupBy: ['service'], limit: 20 }),
    panel('table', 'Services and levels', { kind: 'table', groupBy: ['service', 'level'], width: 12, limit: 60 }),
  ],
};

/** Name in the address → dashboard. Names that people give may not be these. */
export const builtinDashboards: ReadonlyMap<string, Dashboard> = new Map([
  ['overview', overview],
  ['latency', latency],
  ['services', services],
]);
