/**
 * The built-in parsers as data: how each is made, where recognition tries it, and what documentation shows of it. A new
 * format is a file in formats/ and an entry in catalogue/; the order here is that of recognition, the most particular first.
 */
import * as applications from './catalogue/applications.ts';
import type { CatalogueEntry } from './catalogue/entry.ts';
import * as servers from './catalogue/servers.ts';
import * as structured from './catalogue/structured.ts';

export type { CatalogueEntry };

export const parserCatalogue: readonly CatalogueEntry[] = [
  structured.dockerJson,
  structured.windowsEvent,
  structured.json,
  applications.cri,
  servers.access,
  servers.haproxy,
  servers.nginxError,
  servers.awsAlb,
  servers.cloudfront,
  servers.postgresql,
  servers.mysql,
  servers.redis,
  applications.syslog,
  applications.klog,
  applications.rails,
  servers.apacheError,
  servers.kafka,
  applications.python,
  applications.java,
  applications.go,
  applications.proxifier,
  applications.hpc,
  structured.logfmt,
];
