/** A message as plain text: the text part of mails, and descriptions of services that know no layout. */
import type { Content, ContentIncident } from './content.ts';

export function plainText(content: Content): string {
  const parts = [`${content.state}: ${content.title}`, `${content.severity}, ${content.at}`, ''];
  if (content.text !== '') parts.push(content.text, '');
  for (const incident of content.incidents) parts.push(incidentText(incident), '');
  if (content.moreIncidents > 0) parts.push(`and ${content.moreIncidents} more`, '');
  return parts.join('\n').trimEnd();
}

function incidentText(incident: ContentIncident): string {
  const lines = [`— ${incident.title} (${incident.state})`];
  const width = Math.max(0, ...incident.facts.map(([name]) => name.length));
  for (const [name, text] of incident.facts) lines.push(`  ${name.padEnd(width)}  ${text}`);
  for (const { origin, message, marks } of incident.samples) {
    lines.push('', `  ${origin}`, ...message.split('\n').map((line) => `  | ${line}`));
    if (marks !== '') lines.push(`  ${marks}`);
  }
  if (incident.moreSamples > 0) lines.push('', `  and ${incident.moreSamples} more lines`);
  const links = [
    ['Incident', incident.incidentUrl],
    ['Lines', incident.linesUrl],
    ['Runbook', incident.runbookUrl],
  ].filter(([, url]) => url !== undefined);
  if (links.length > 0) lines.push('');
  for (const [name, url] of links) lines.push(`  ${name}: ${url}`);
  return lines.join('\n');
}
