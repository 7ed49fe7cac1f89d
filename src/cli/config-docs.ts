/** The reference page of all settings, and the effective configuration as YAML. */
import { Secret } from '#base/secret.ts';
import type { SchemaNode, Setting } from './config-settings.ts';
import { allowedText, formatValue, isSection, settingsOf, variableOf } from './config-settings.ts';

/** docs/reference/configuration.md: one table a section. */
export function describeSettings(schema: SchemaNode): string {
  const top = Object.entries(schema.properties ?? {});
  const loose = top
    .filter(([, node]) => !isSection(node))
    .map(([path, node]): Setting => ({ path, variable: variableOf(path), schema: node }));
  const sections = top.filter(([, node]) => isSection(node)).map(([name, node]) => describeSection(name, node));
  return [introduction, settingsTable(loose), ...sections].join('\n');
}

const introduction = `# Configuration

Every setting can be given in a YAML file (\`millrace serve --config millrace.yaml\`, or MILLRACE_CONFIG), in the
environment, or as a flag; each wins over the one before it. The path of a setting makes all three names:

| | |
|---|---|
| YAML | \`log:\` then, indented, \`max_bytes: 20GB\` |
| environment | \`MILLRACE_LOG_MAX_BYTES=20GB\` |
| flag | \`--log.max_bytes=20GB\` |

\`--port\`, \`--host\` and \`--data\` (MILLRACE_PORT, MILLRACE_HOST, MILLRACE_DATA) are short for \`gateway.port\`, \`gateway.host\`
and \`data\`. Sizes are written \`64MiB\` or \`10GB\`, time spans \`250ms\`, \`5s\` or \`1h30m\`; a plain number means bytes, or
milliseconds. An unknown name is an error. \`millrace config check\` says what is wrong, \`millrace config print\` shows what holds
and where it came from.
`;

function describeSection(name: string, node: SchemaNode): string {
  const lists = settingsOf(node, name).filter(
    ({ schema }) => schema.unit === 'list' && schema.items !== undefined && isSection(schema.items),
  );
  const items = lists.map(({ path, schema }) => {
    const parts = settingsOf(schema.items as SchemaNode, `${path}[]`);
    return `Each entry of \`${path}\`:\n\n${settingsTable(parts, false)}`;
  });
  return [`## \`${name}\`\n\n${node.description ?? ''}\n`, settingsTable(settingsOf(node, name)), ...items].join('\n');
}

function settingsTable(settings: readonly Setting[], withVariable = true): string {
  const rows = settings.map(({ path, variable, schema }) => {
    const cells = [
      `\`${path}\``,
      ...(withVariable ? [`\`${variable}\``] : []),
      defaultText(schema),
      allowedText(schema),
      schema.description ?? '',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = withVariable
    ? '| setting | environment | default | allowed | meaning |\n|---|---|---|---|---|'
    : '| setting | default | allowed | meaning |\n|---|---|---|---|';
  return `${head}\n${rows.join('\n')}\n`;
}

function defaultText({ unit, default: value }: SchemaNode): string {
  if (value === undefined || value === '') return '';
  if (Array.isArray(value) && value.length === 0) return 'none';
  return `\`${formatValue(unit, value)}\``;
}

/** The configuration as YAML, secrets hidden, each value that is not the default with its origin. */
export function printConfig(schema: SchemaNode, config: unknown, origins: ReadonlyMap<string, string>): string {
  return printSection(schema, config as Record<string, unknown>, origins, '', '').join('\n');
}

function printSection(
  node: SchemaNode,
  values: Record<string, unknown>,
  origins: ReadonlyMap<string, string>,
  prefix: string,
  indent: string,
): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (isSection(child))
      return [`${indent}${name}:`, ...printSection(child, values[name] as Record<string, unknown>, origins, path, `${indent}  `)];
    const origin = origins.get(path);
    return [`${indent}${name}: ${yamlText(child, values[name])}${origin === undefined ? '' : `  # ${origin}`}`];
  });
}

function yamlText(schema: SchemaNode, value: unknown): string {
  if (value === undefined) return 'null';
  if (value instanceof Secret) return '"[secret]"';
  if (Array.isArray(value)) return JSON.stringify(value);
  const text = formatValue(schema.unit, value);
  return typeof value === 'string' && !/^[\w./-]+$/.test(text) ? JSON.stringify(text) : text;
}
