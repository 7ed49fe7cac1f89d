/**
 * The page at `/` for programs, and for people where the web interface is not built: plain HTML without scripts or
 * anything from elsewhere. Pure.
 */

export interface StorageSummary {
  readonly lines: number;
  readonly diskBytes: number;
}

export interface IndexPageFacts {
  readonly version: string;
  readonly isOpen: boolean;
  /** Undefined where it is not known or not for everyone. */
  readonly storage: StorageSummary | undefined;
  /** Why the web interface is not here. */
  readonly interfaceProblem?: string;
  readonly endpoints: readonly { readonly method: string; readonly path: string; readonly summary: string }[];
}

const style = `
:root{color-scheme:light dark;--ink:#1c2024;--muted:#5b6570;--line:#d9dee3;--paper:#fbfcfd;--code:#eef1f4;--accent:#0b6e69}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--muted:#98a3ae;--line:#2b333b;--paper:#12161a;--code:#1b2127;--accent:#5cc8c1}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:56rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.7rem;margin:0}h1 small{font-size:.9rem;font-weight:400;color:var(--muted)}
h2{font-size:1.05rem;margin:2.2rem 0 .6rem}p{margin:.5rem 0}a{color:var(--accent)}
pre{background:var(--code);border:1px solid var(--line);border-radius:6px;padding:.8rem 1rem;overflow-x:auto;font:13.5px/1.5 ui-monospace,monospace}
table{border-collapse:collapse;width:100%}td{border-top:1px solid var(--line);padding:.35rem .6rem .35rem 0;vertical-align:top}
td code{white-space:nowrap;font:13.5px/1.5 ui-monospace,monospace}td:last-child{color:var(--muted)}.figures{color:var(--muted)}
`;

/** The whole page. */
export function indexPage({ version, isOpen, storage, endpoints, interfaceProblem }: IndexPageFacts): string {
  const key = isOpen ? '' : " \\\n  -H 'X-API-Key: YOUR-KEY'";
  const rows = endpoints.map(
    ({ method, path, summary }) => `<tr><td><code>${escapeHtml(`${method} ${path}`)}</code></td><td>${escapeHtml(summary)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Millrace</title>
<style>${style}</style></head>
<body><main>
<h1>Millrace <small>${escapeHtml(version)}</small></h1>
<p>A log platform: it takes log lines over HTTP, keeps them safely, finds any of them in a moment and shows them live.</p>
${storage === undefined ? '' : `<p class="figures">${formatCount(storage.lines)} stored on ${formatSize(storage.diskBytes)} of disk.</p>`}
${interfaceProblem === undefined ? '' : `<h2>The web interface is not here</h2>\n<pre>${escapeHtml(interfaceProblem)}</pre>`}
<h2>Send a line</h2>
<pre>${escapeHtml(curlLine('/v1/logs/ingest', key, '{"logs":[{"level":"INFO","service":"hello","message":"my first line"}]}'))}</pre>
<h2>Find it</h2>
<pre>${escapeHtml(curlLine('/v1/logs/search', key, '{"query":"first line"}'))}</pre>
<h2>Count by level and minute</h2>
<pre>${escapeHtml(curlLine('/v1/logs/aggregate', key, '{"group_by":["level"],"interval":"1m","metric":"count"}'))}</pre>
<h2>Watch live</h2>
<pre>${escapeHtml(`curl -sN "$MILLRACE/v1/tail?level=ERROR"${key}`)}</pre>
<p>with <code>MILLRACE=http://127.0.0.1:4880</code>, or wherever you see this page.</p>
<h2>All endpoints</h2>
<table>${rows.join('\n')}</table>
<p>As a document for tools: <a href="/openapi.json">/openapi.json</a>. State: <a href="/health/ready">/health/ready</a>, <a href="/v1/status">/v1/status</a>, <a href="/metrics">/metrics</a>.</p>
</main></body></html>
`;
}

function curlLine(path: string, key: string, body: string): string {
  return `curl -s "$MILLRACE${path}"${key} \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function formatCount(lines: number): string {
  return `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`;
}

function formatSize(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}
