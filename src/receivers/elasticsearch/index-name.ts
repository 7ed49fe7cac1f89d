/**
 * What the name of an index says about its records: the rule of docs/send-data/elasticsearch.md, "Index names".
 *
 * In this order: `.ds-` of a backing index, angle brackets and date mathematics go; then, from the end, a roll-over number
 * (`-000001`), a date (`-2025.07.15`, `-2025.07`, `-2025.w29`) and a version (`-9.1.0`). What is left is the service;
 * `logs-<service>-<namespace>` also names the environment, where the namespace is not `default`.
 */

export interface IndexMeaning {
  readonly service: string;
  readonly environment: string;
}

const rollOver = /[-_]\d{6}$/;
const date = /[-_.](?:19|20)\d\d(?:[-_.]?(?:[wW]\d\d?|\d\d(?:[-_.]?\d\d(?:[-_.T]?\d\d)?)?))?$/;
const version = /[-_]v?\d+\.\d+\.\d+(?:-SNAPSHOT)?$/;
const dateMathematics = /[-_.]?\{[^{}]*(?:\{[^{}]*\}[^{}]*)?\}/g;
const dataStream = /^logs-(.+)-([^-]+)$/;

/** Service and environment of an index name; empty where it says nothing of it. */
export function meaningOfIndex(index: string): IndexMeaning {
  const named = index
    .replace(/^<(.*)>$/, '$1')
    .replace(dateMathematics, '')
    .replace(/^\.ds-/, '');
  const plain = named.replace(rollOver, '').replace(date, '').replace(version, '');
  const [, service, namespace] = dataStream.exec(plain) ?? [];
  if (service === undefined || namespace === undefined) return { service: plain, environment: '' };
  return { service, environment: namespace === 'default' ? '' : namespace };
}
