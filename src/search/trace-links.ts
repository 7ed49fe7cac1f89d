/** Addresses of a trace in other tools, from templates of the configuration. */
import { section, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const traceLinkTemplate = section('A tool that shows traces.', {
  name: text('', 'Name of the tool, such as `Jaeger`.'),
  template: text('', 'Its address with `{trace_id}`, such as `https://jaeger.example/trace/{trace_id}`.'),
});

export interface TraceLink {
  readonly name: string;
  readonly url: string;
}

export function traceLinks(templates: readonly Static<typeof traceLinkTemplate>[], traceId: string): TraceLink[] {
  return templates.map(({ name, template }) => ({ name, url: template.replaceAll('{trace_id}', encodeURIComponent(traceId)) }));
}

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** What is wrong with the templates: a link that nobody could follow is found at the start, not by its reader. */
export function checkTraceLinks(templates: readonly Static<typeof traceLinkTemplate>[]): Problem[] {
  return templates.flatMap(({ name, template }, index) => {
    const path = `search.trace_links[${index}]`;
    const problems: Problem[] = [];
    if (name === '') problems.push({ path: `${path}.name`, message: 'a link needs a name' });
    if (!/^https?:\/\//i.test(template)) problems.push({ path: `${path}.template`, message: 'must begin with http:// or https://' });
    if (!template.includes('{trace_id}')) problems.push({ path: `${path}.template`, message: 'must contain {trace_id}' });
    return problems;
  });
}
