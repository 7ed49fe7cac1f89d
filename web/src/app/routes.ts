/** The pages: their addresses, names, and keys. Each page is a chunk of its own, loaded when it is first shown. */
import { lazy } from 'react';
import type { ComponentType, LazyExoticComponent } from 'react';
import { incidentHref } from '../alerts/alert-links.ts';
import type { IconName } from '../design/icon.tsx';
import { explorerView } from '../pages/explorer/explorer-view.ts';
import { hrefTo } from './url-state.ts';

export interface PageProps {
  /** Parameters of the path. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Page {
  readonly name: string;
  /** `/dashboards/{name}`: several addresses may show one page. */
  readonly paths: readonly string[];
  readonly component: LazyExoticComponent<ComponentType<PageProps>>;
  /** In the top bar, with the letter that leads there after `g`. */
  readonly inBar?: { readonly icon: IconName; readonly key: string };
}

export const pages: readonly Page[] = [
  {
    name: 'Explorer',
    paths: ['/explore', '/', '/logs/{id}', '/links/{id}'],
    component: lazy(() => import('../pages/explorer/explorer-page.tsx').then((module) => ({ default: module.ExplorerPage }))),
    inBar: { icon: 'search', key: 'e' },
  },
  {
    name: 'Dashboards',
    paths: ['/dashboards', '/dashboards/{name}'],
    component: lazy(() => import('../pages/dashboards/dashboards-page.tsx').then((module) => ({ default: module.DashboardsPage }))),
    inBar: { icon: 'panels', key: 'd' },
  },
  {
    name: 'Alerts',
    paths: ['/alerts', '/alerts/{part}', '/alerts/{part}/{id}'],
    component: lazy(() => import('../pages/alerts/alerts-page.tsx').then((module) => ({ default: module.AlertsPage }))),
    inBar: { icon: 'bell', key: 'a' },
  },
  {
    name: 'Status',
    paths: ['/status'],
    component: lazy(() => import('../pages/status/status-page.tsx').then((module) => ({ default: module.StatusPage }))),
    inBar: { icon: 'gauge', key: 's' },
  },
];

/** Addresses that other tools and people know, of what a page shows in one of its states. */
const states: readonly { readonly path: string; readonly href: (parameters: Readonly<Record<string, string>>) => string }[] = [
  { path: '/trace/{id}', href: ({ id }) => hrefTo('/explore', explorerView, { trace: id, panel: 'trace' }) },
  { path: '/patterns', href: () => hrefTo('/explore', explorerView, { show: 'patterns' }) },
  { path: '/incidents', href: () => '/alerts/incidents' },
  { path: '/incidents/{id}', href: ({ id }) => incidentHref(id) },
  { path: '/tail', href: () => hrefTo('/explore', explorerView, { live: true }) },
];

/** Where an address leads that is a state of a page; undefined for all others. */
export function stateBehind(path: string): string | undefined {
  const given = path.replace(/(?<=.)\/$/, '').split('/');
  for (const { path: template, href } of states) {
    const parameters = matchPath(template.split('/'), given);
    if (parameters !== undefined) return href(parameters);
  }
  return undefined;
}

export interface Match {
  readonly page: Page;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The page at a path; undefined where there is none. A slash at the end makes no difference. */
export function matchPage(path: string): Match | undefined {
  const given = path.replace(/(?<=.)\/$/, '').split('/');
  for (const page of pages) {
    for (const template of page.paths) {
      const parameters = matchPath(template.split('/'), given);
      if (parameters !== undefined) return { page, parameters };
    }
  }
  return undefined;
}

function matchPath(template: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (template.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = decoded(given[index]);
    else if (part !== given[index]) return undefined;
  }
  return parameters;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
