/**
 * syslog-ng (Debian's, 3.38 in Debian 12): syslog() and network() by each transport, elasticsearch-http() and http().
 * What is said of acknowledgements in rsyslog.test.ts is true here too.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from '../support/product.ts';
import { ownPort } from '../support/own-ports.ts';
import { makeCertificate } from './certificate.ts';
import { linesFrom, startDaemon, writeWhile } from './daemons.ts';
import { findAtLeastOnce, findOnce } from './found-once.ts';
import { program } from './programs.ts';
import { restartTwice, Site } from './site.ts';

const syslogNg = program('syslog-ng');
const { skip } = syslogNg;
const elasticsearchPort = 'receivers.elasticsearch.port';
/** What defines elasticsearch-http(); an installed syslog-ng has it in scl.conf. */
const library = join(syslogNg.directory, 'usr/share/syslog-ng/include/scl/elasticsearch/elastic-http.conf');
const options = 'options { time-reopen(1); };';

/** syslog-ng that reads a file for each program's name and sends its lines to a destination; the files, by name. */
async function startSyslogNg(t: TestContext, destinations: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const directory = await temporaryDirectory('syslog-ng');
  const files = Object.fromEntries(Object.keys(destinations).map((name) => [name, join(directory, `${name}.log`)]));
  const paths = Object.entries(destinations).map(
    ([name, destination]) =>
      `log { source { file("${files[name]}" program-override("${name}") host-override("web-1") flags(no-parse) follow-freq(0.1)
                      log-iw-size(10000) log-fetch-limit(1000)); };
             destination { ${destination}; }; flags(flow-control); };`,
  );
  const configuration = join(directory, 'syslog-ng.conf');
  await writeFile(configuration, `@version: 3.38\n@include "${library}"\n${options}\n${paths.join('\n')}\n`);
  for (const file of Object.values(files)) await writeFile(file, '');
  startDaemon(t, syslogNg, 'usr/sbin/syslog-ng', [
    ...['-F', '-f', configuration, '-p', join(directory, 'pid'), '-c', join(directory, 'ctl'), '-R', join(directory, 'persist')],
    ...['--module-path', join(syslogNg.directory, 'usr/lib/syslog-ng/3.38')],
  ]);
  return files;
}

test('syslog-ng, by TCP and UDP, in both formats', { timeout: 420_000, skip }, async (t) => {
  const port = await ownPort();
  const { product } = await Site.start(t, 'syslog-ng', [], ['--receivers.syslog.port', `${port}`]);
  const files = await startSyslogNg(t, {
    'ng-new': `syslog("127.0.0.1" transport("tcp") port(${port}) persist-name("ng-new"))`,
    'ng-old': `network("127.0.0.1" transport("tcp") port(${port}) persist-name("ng-old"))`,
    'ng-udp': `syslog("127.0.0.1" transport("udp") port(${port}) persist-name("ng-udp"))`,
  });
  for (const [name, file] of Object.entries(files)) {
    // a burst by UDP must find room in the kernel while the receiver waits for a processor
    const lines = name === 'ng-udp' ? 100 : 500;
    await writeFile(file, linesFrom(0, lines));
    const { host, message, metadata } = (await findOnce(product, name, lines)).get(99)!;
    assert.deepEqual([host, message, metadata['syslog.facility']], ['web-1', 'line 99 ünïcode', 'user']);
  }
});

test('syslog-ng by TLS', { timeout: 420_000, skip }, async (t) => {
  const { certificate, key } = await makeCertificate();
  const [port, tlsPort] = [await ownPort(), await ownPort()];
  const settings = { port, tls_port: tlsPort, 'tls.certificate': certificate, 'tls.key': key };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--receivers.syslog.${name}`, `${value}`]);
  const { product } = await Site.start(t, 'syslog-ng', [], flags);
  const files = await startSyslogNg(t, {
    'ng-tls': `syslog("localhost" transport("tls") port(${tlsPort}) tls(ca-file("${certificate}")))`,
  });
  await writeFile(files['ng-tls'], linesFrom(0, 500));
  await findOnce(product, 'ng-tls', 500);
});

test('syslog-ng by TCP, while the server is restarted', { timeout: 420_000, skip }, async (t) => {
  const port = await ownPort();
  const site = await Site.start(t, 'syslog-ng', [], ['--receivers.syslog.port', `${port}`]);
  const { ng } = await startSyslogNg(t, { ng: `syslog("127.0.0.1" transport("tcp") port(${port}))` });
  const written = await writeWhile(ng, () => site.restart());
  await findOnce(site.product, 'ng', written);
});

const bulk = (site: Site, template: string): string => `elasticsearch-http(url("http://${site.addressOf(elasticsearchPort)}/_bulk")
  index("syslog") type("") batch-timeout(500) ${template} persist-name("bulk"))`;

/** The configurations of docs/send-data/syslog-ng.md. */
const ways: Readonly<Record<string, (site: Site) => string>> = {
  'elasticsearch-http()': (site) =>
    bulk(site, 'template("$(format-json @timestamp=$ISODATE host.name=$HOST service.name=$PROGRAM log.level=$LEVEL message=$MESSAGE)")'),
  'elasticsearch-http() with its own template': (site) => bulk(site, ''),
  'http()': (site) => `http(url("${site.url}/v1/ingest") method("POST") headers("Content-Type: application/x-ndjson")
    batch-lines(1000) batch-timeout(500) delimiter("\\n") body("$(format-json timestamp=$ISODATE host=$HOST service=$PROGRAM
    level=$LEVEL message=$MESSAGE facility=$FACILITY)") persist-name("native"))`,
};

for (const [name, destination] of Object.entries(ways)) {
  test(`syslog-ng, ${name}`, { timeout: 420_000, skip }, async (t) => {
    const site = await Site.start(t, 'syslog-ng', [elasticsearchPort]);
    const { ng } = await startSyslogNg(t, { ng: destination(site) });
    await writeFile(ng, linesFrom(0, 3000));
    const found = await findOnce(site.product, 'ng', 3000);
    for (const n of [0, 1, 2999]) {
      const { level, host, message, timestamp, metadata } = found.get(n)!;
      // its own template has the level under a name that is a number elsewhere
      assert.deepEqual([level ?? metadata.PRIORITY, host, message], [metadata.PRIORITY ?? 'INFO', 'web-1', `line ${n} ünïcode`]);
      assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 120_000);
    }
  });
}

for (const name of ['elasticsearch-http()', 'http()']) {
  test(`syslog-ng, ${name}, while the server is killed and stopped: nothing is lost`, { timeout: 420_000, skip }, async (t) => {
    const site = await Site.start(t, 'syslog-ng', [elasticsearchPort]);
    const { ng } = await startSyslogNg(t, { ng: ways[name](site) });
    const written = await writeWhile(ng, () => restartTwice(site));
    await findAtLeastOnce(site.product, 'ng', written);
  });
}
