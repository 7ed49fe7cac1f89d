/** The incidents of the list, in their order, and how their values read. */
import { useState } from 'react';
import { groupWords, valueWords } from '../../../alerts/condition-words.ts';
import { byUrgency } from '../../../alerts/incident-words.ts';
import { mostIncidents, useIncidents } from '../../../alerts/use-incidents.ts';
import type { Incident } from '../../../api/operations.ts';
import type { StateOf } from '../../../app/url-state.ts';
import { showNumber } from '../../../design/figures.ts';
import { useRules } from '../rules/use-rules.ts';
import type { incidentsView } from '../alerts-view.ts';

const pastAtFirst = 200;

/** What is open comes first, however long ago it began; of what is over, the newest. */
export function useIncidentList({ state, rule, find }: StateOf<typeof incidentsView>) {
  const [limit, setLimit] = useState(pastAtFirst);
  const isAll = state === 'all';
  const asked = useIncidents({ state: isAll ? 'open' : state, rule, limit: mostIncidents });
  const past = useIncidents({ state: 'resolved', rule, limit, enabled: isAll });
  const pastOnes = isAll ? past.data : undefined;
  // one that has just ended may be in both: what is told of its end is newer
  const found = new Map([...(asked.data?.incidents ?? []), ...(pastOnes?.incidents ?? [])].map((incident) => [incident.id, incident]));
  const rows = [...found.values()].filter((incident) => has(incident, find)).toSorted(byUrgency);
  const hasMore = typeof pastOnes?.next === 'string';
  return {
    rows,
    asked,
    isThere: asked.data !== undefined && (!isAll || past.data !== undefined),
    hasMore,
    more: hasMore && limit < mostIncidents ? () => setLimit(mostIncidents) : undefined,
  };
}

function has({ rule_name: name, group }: Incident, find: string): boolean {
  const text = `${name} ${groupWords(group)}`.toLowerCase();
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Values with the unit of their rule's condition, where the rule is still there. */
export function useValueWords(): (incident: Incident) => string {
  const rules = useRules({ renewed: false });
  return ({ rule_id: ruleId, value }) => {
    if (value === undefined) return '–';
    const rule = rules.data?.rules.find(({ id }) => id === ruleId)?.rule;
    return rule === undefined ? showNumber(value) : valueWords(rule.condition, value);
  };
}
