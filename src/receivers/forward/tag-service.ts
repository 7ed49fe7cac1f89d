/**
 * A service's name from a tag, for records that say nothing better of where they come from.
 *
 * The last part of the tag that is a name: `app.checkout` → `checkout`, `docker.7d3f…` → `docker`,
 * `host.nginx.service` → `nginx`. Tags of container log files, as Fluent Bit and Fluentd make them from paths, carry the
 * container's: `kube.var.log.containers.<pod>_<namespace>_<container>-<id>.log` → `<container>`.
 */

const containerLog = /^(?<container>.+)-[0-9a-f]{64}\.log$/;
/** Ids of containers and the like: naming a service after each would make thousands. */
const id = /^(?:[0-9a-f]{12}|[0-9a-f]{32,}|\d+)$/;
/** Ends of file and unit names. */
const ends: ReadonlySet<string> = new Set(['log', 'service', 'out', 'err', 'stdout', 'stderr']);
/** A longer tag is no name. */
const maxTagLength = 512;

/** The service of records with this tag; empty where it names none. */
export function serviceOfTag(tag: string): string {
  if (tag.length > maxTagLength) return '';
  const container = containerLog.exec(tag.slice(tag.lastIndexOf('_') + 1))?.groups?.container;
  if (container !== undefined && tag.includes('_')) return container;
  const parts = tag.split('.').filter((part) => part !== '' && !id.test(part));
  return parts.findLast((part, index) => index === 0 || !ends.has(part)) ?? '';
}
