/** The parts of the page, and the state of each as its address holds it. */
import { choice, text, urlState } from '../../app/url-state.ts';
import { hrefTo } from '../../app/url-state.ts';
import type { IconName } from '../../design/icon.tsx';

export interface AlertsPart {
  /** As the address names it: `/alerts/{name}`. */
  readonly name: string;
  readonly title: string;
  readonly icon: IconName;
}

export const parts: readonly AlertsPart[] = [
  { name: 'incidents', title: 'Incidents', icon: 'warning' },
  { name: 'rules', title: 'Rules', icon: 'filter' },
  { name: 'silences', title: 'Silences', icon: 'bellOff' },
  { name: 'maintenance', title: 'Maintenance', icon: 'clock' },
  { name: 'channels', title: 'Channels', icon: 'send' },
  { name: 'routing', title: 'Routing', icon: 'branch' },
  { name: 'deliveries', title: 'Deliveries', icon: 'check' },
  { name: 'inbox', title: 'Inbox', icon: 'inbox' },
];

export const incidentsView = urlState({
  state: choice(['all', 'open', 'firing', 'resolved'], 'all'),
  /** Id of a rule. */
  rule: text(),
  /** Words that its rule or group has. */
  find: text(),
});

export const rulesView = urlState({
  state: choice(['all', 'firing', 'pending', 'trouble', 'muted', 'off'], 'all'),
  find: text(),
});

/** The editor: what a new rule begins with, and how it is shown. */
export const editorView = urlState({
  q: text(),
  recipe: text(),
  view: choice(['form', 'json'], 'form'),
  /** Of what time the rule is tried. */
  last: choice(['1h', '6h', '24h', '7d'], '24h'),
});

export const silencesView = urlState({ show: choice(['active', 'all'], 'active'), id: text() });

export const deliveriesView = urlState({
  state: text(),
  channel: text(),
  incident: text(),
});

/** The editor of a new rule, with the query that its lines match. */
export function newRuleHref(query: string): string {
  return hrefTo('/alerts/rules/new', editorView, { q: query });
}
