/**
 * Senders that are not on npm: Debian's packages unpacked and not installed, PyPI's, Maven Central's, and programs in Go.
 *
 * `npm run fetch:senders` fetches them once into a cache beside all checkouts (`fetch-programs.ts`); tests only look there
 * and never fetch. Where one is missing its tests are skipped and say so, but fail where REQUIRE_SENDERS is set,
 * as CI does.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a program comes from. A package of Debian is of whatever version the system's sources have. */
export type Source =
  | { readonly from: 'debian'; readonly packages: readonly string[] }
  | { readonly from: 'pypi'; readonly packages: readonly string[] }
  | { readonly from: 'maven'; readonly artifacts: readonly string[] }
  | { readonly from: 'go'; readonly folder: string };

export const sources = {
  rsyslog: { from: 'debian', packages: ['rsyslog', 'rsyslog-elasticsearch', 'rsyslog-gnutls', 'rsyslog-openssl'] },
  'syslog-ng': { from: 'debian', packages: ['syslog-ng-core', 'syslog-ng-mod-http', 'syslog-ng-scl'] },
  'systemd-journal-remote': { from: 'debian', packages: ['systemd-journal-remote'] },
  python: {
    from: 'pypi',
    packages: [
      'elasticsearch==9.5.1',
      'fluent-logger==0.11.1',
      'opensearch-py==3.2.0',
      'opentelemetry-exporter-otlp-proto-grpc==1.45.2',
      'opentelemetry-exporter-otlp-proto-http==1.45.2',
      'opentelemetry-sdk==1.45.2',
      'pygelf==0.4.3',
      'python-logging-loki==0.3.1',
    ],
  },
  loki4j: {
    from: 'maven',
    artifacts: [
      'com.github.loki4j:loki-logback-appender:2.1.0',
      'ch.qos.logback:logback-classic:1.6.1',
      'ch.qos.logback:logback-core:1.6.1',
      'org.slf4j:slf4j-api:2.0.18',
    ],
  },
  'fluent-forward-go': { from: 'go', folder: join(import.meta.dirname, 'fluent-forward-go') },
  'go-lumber': { from: 'go', folder: join(import.meta.dirname, 'go-lumber') },
} satisfies Readonly<Record<string, Source>>;

export type ProgramName = keyof typeof sources;

/** A fetched program, or why its tests are skipped: `skip` goes into a test's options as it is. */
export interface Program {
  readonly skip: string | false;
  readonly directory: string;
}

const cacheDirectory = process.env.SENDERS_CACHE ?? join(homedir(), '.cache/millrace/senders');
/** The last file that is written into a program's directory. */
export const completeMark = '.complete';

/** Looks a program up. */
export function program(name: ProgramName): Program {
  const directory = directoryOf(name);
  if (existsSync(join(directory, completeMark))) return { skip: false, directory };
  const reason = `${name} has not been fetched: npm run fetch:senders`;
  if (process.env.REQUIRE_SENDERS) throw new Error(reason);
  return { skip: reason, directory };
}

/** Its directory, named after all that decides about its content. */
export function directoryOf(name: ProgramName): string {
  const source: Source = sources[name];
  const hash = createHash('sha256').update(JSON.stringify(source.from === 'go' ? filesIn(source.folder) : source));
  return join(cacheDirectory, `${name}-${hash.digest('hex').slice(0, 12)}`);
}

/** The environment in which programs of unpacked Debian packages find their libraries. */
export function environmentFor({ directory }: Program): NodeJS.ProcessEnv {
  const paths = ['usr/lib/x86_64-linux-gnu', 'usr/lib/syslog-ng', 'lib/x86_64-linux-gnu'];
  return { ...process.env, LD_LIBRARY_PATH: paths.map((path) => join(directory, path)).join(':') };
}

function filesIn(folder: string): readonly (readonly [string, string])[] {
  const names = readdirSync(folder).sort();
  return names.map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
}
