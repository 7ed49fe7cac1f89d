/**
 * A message as HTML that mail clients show alike: tables, styles on the elements, no images, no fonts to load, no script. Dark
 * where the client asks for it by prefers-color-scheme; others keep the light colours or turn them on their own.
 *
 * What clients know: https://www.caniemail.com. Gmail cuts messages over 102 KB, which `maxHtmlBytes` stays below.
 */
import type { Content, ContentIncident, ContentSample } from './content.ts';

export const maxHtmlBytes = 90_000;

export const escapedHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');

/** Several lines with their indents, also where a client knows no white-space: pre-wrap. */
const escapedLines = (text: string): string => escapedHtml(text).replaceAll('  ', '&nbsp; ').replaceAll('\n', '<br>');

const accents: Readonly<Record<Content['severity'], string>> = { critical: '#c9372c', warning: '#b65c02', info: '#0c66e4' };
const calmAccents: Partial<Readonly<Record<Content['kind'], string>>> = { resolved: '#1f845a', acknowledged: '#5e6c84' };
const levelAccents: Readonly<Record<string, string>> = {
  FATAL: '#ae2e24',
  ERROR: '#c9372c',
  WARN: '#b65c02',
  INFO: '#0c66e4',
  DEBUG: '#758195',
  TRACE: '#8590a2',
};

const sans = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";
const mono = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;";
const table = 'role="presentation" cellpadding="0" cellspacing="0" border="0"';

/** Dark colours of the classes below; !important, because the light ones stand on the elements. */
const darkStyle = `@media (prefers-color-scheme: dark) {
.page { background: #161a1d !important; }
.card { background: #1d2125 !important; border-color: #38414a !important; }
.strong { color: #dee4ea !important; }
.soft { color: #9fadbc !important; }
.rule { border-color: #2f373e !important; }
.line { background: #161a1d !important; }
.link { color: #85b8ff !important; }
.critical { color: #fd9891 !important; } .warning { color: #fec57b !important; } .info { color: #85b8ff !important; }
.resolved { color: #7ee2b8 !important; } .acknowledged { color: #b3b9c4 !important; }
}`;

export function emailHtml(content: Content): string {
  const accent = calmAccents[content.kind] ?? accents[content.severity];
  const accentClass = calmAccents[content.kind] === undefined ? content.severity : content.kind;
  const text =
    content.text === ''
      ? ''
      : `<tr><td class="strong" style="padding:10px 20px 0;font-size:14px;line-height:20px;color:#172b4d;">${escapedLines(content.text)}</td></tr>`;
  const more =
    content.moreIncidents === 0
      ? ''
      : `<tr><td class="soft rule" style="padding:12px 20px;border-top:1px solid #ebecf0;${softText}">and ${content.moreIncidents} more</td></tr>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapedHtml(content.state)}: ${escapedHtml(content.title)}</title>
<style>
:root { color-scheme: light dark; }
${darkStyle}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f4f5f7;-webkit-text-size-adjust:100%;">
<table ${table} width="100%" class="page" style="background:#f4f5f7;"><tr><td align="center" style="padding:20px 8px;">
<table ${table} width="100%" class="card" style="max-width:680px;background:#ffffff;border:1px solid #dfe1e6;border-radius:6px;border-collapse:separate;overflow:hidden;text-align:left;${sans}">
<tr><td style="height:4px;line-height:4px;font-size:0;background:${accent};">&nbsp;</td></tr>
<tr><td style="padding:16px 20px 0;">
<div class="${accentClass}" style="font-size:12px;line-height:16px;font-weight:700;letter-spacing:.6px;color:${accent};">${escapedHtml(content.state)}</div>
<div class="strong" style="padding-top:2px;font-size:18px;line-height:24px;font-weight:600;color:#172b4d;word-break:break-word;">${escapedHtml(content.title)}</div>
<div class="soft" style="padding-top:2px;${softText}">${escapedHtml(content.severity)} · ${escapedHtml(content.at)}</div>
</td></tr>
${text}
<tr><td style="height:14px;line-height:14px;font-size:0;">&nbsp;</td></tr>
${content.incidents.map(incidentHtml).join('\n')}
${more}
<tr><td class="soft rule" style="padding:10px 20px 12px;border-top:1px solid #ebecf0;font-size:12px;line-height:16px;color:#626f86;">Sent by Millrace to the people of this channel.</td></tr>
</table>
</td></tr></table>
</body>
</html>
`;
}

const softText = 'font-size:13px;line-height:18px;color:#5e6c84;';

/** Names stay whole, so that the column is as narrow as the longest; one that would not fit a telephone is broken. */
const nameBreak = (name: string): string => (name.length <= 28 ? 'white-space:nowrap;' : 'min-width:120px;word-break:break-all;');

function incidentHtml(incident: ContentIncident): string {
  const facts = incident.facts
    .map(
      ([name, text]) =>
        `<tr><td valign="top" class="soft" style="padding:1px 16px 1px 0;${nameBreak(name)}${softText}">${escapedHtml(name)}</td>` +
        `<td valign="top" width="100%" class="strong" style="padding:1px 0;font-size:13px;line-height:18px;color:#172b4d;word-break:break-word;">${escapedHtml(text)}</td></tr>`,
    )
    .join('');
  const more =
    incident.moreSamples === 0 ? '' : `<div class="soft" style="padding-top:6px;${softText}">and ${incident.moreSamples} more lines</div>`;
  return `<tr><td class="rule" style="padding:12px 20px 14px;border-top:1px solid #ebecf0;">
<div class="strong" style="font-size:14px;line-height:20px;font-weight:600;color:#172b4d;word-break:break-word;">${escapedHtml(incident.title)} <span class="soft" style="font-weight:400;color:#5e6c84;">(${escapedHtml(incident.state)})</span></div>
<table ${table} width="100%" style="margin-top:4px;">${facts}</table>
${incident.samples.map(sampleHtml).join('\n')}${more}
${linksHtml(incident)}
</td></tr>`;
}

function sampleHtml({ origin, level, message, marks }: ContentSample): string {
  const accent = levelAccents[level] ?? '#758195';
  const tail =
    marks === ''
      ? ''
      : `<div class="soft" style="padding-top:2px;font-size:11px;line-height:16px;color:#626f86;">${escapedHtml(marks)}</div>`;
  return `<table ${table} width="100%" style="margin-top:8px;"><tr><td class="line" style="padding:6px 10px;background:#f7f8f9;border-left:3px solid ${accent};">
<div class="soft" style="font-size:11px;line-height:16px;color:#626f86;">${escapedHtml(origin)}</div>
<div class="strong" style="${mono}font-size:12px;line-height:17px;color:#172b4d;white-space:normal;word-break:break-word;overflow-wrap:anywhere;">${escapedLines(message)}</div>
${tail}</td></tr></table>`;
}

function linksHtml({ incidentUrl, linesUrl, runbookUrl }: ContentIncident): string {
  const links = (
    [
      ['Open the incident', incidentUrl],
      ['Show its lines', linesUrl],
      ['Runbook', runbookUrl],
    ] as const
  ).flatMap(([name, url]) =>
    url === undefined
      ? []
      : [`<a class="link" href="${escapedHtml(url)}" style="color:#0c66e4;text-decoration:underline;font-weight:600;">${name}</a>`],
  );
  if (links.length === 0) return '';
  return `<div class="soft" style="padding-top:10px;${softText}">${links.join(' &nbsp;·&nbsp; ')}</div>`;
}
