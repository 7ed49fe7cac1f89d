/**
 * rsyslog (Debian's, 8.2302 in Debian 12): omfwd by every transport and format, and omelasticsearch.
 *
 * Syslog by TCP has no acknowledgement: a server that is stopped reads to the end and loses nothing, one that is killed loses
 * what the sender had handed to its kernel. omelasticsearch waits for an answer, and sends again what got none; a batch that
 * was durable and not answered is there twice.
 */
import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
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

const rsyslog = program('rsyslog');
const { skip } = rsyslog;
const elasticsearchPort = 'receivers.elasticsearch.port';
const retryForEver = 'queue.type="LinkedList" queue.size="100000" action.resumeRetryCount="-1" action.resumeInterval="1"';

/** rsyslog that reads a file, which is returned, and does `action` with its lines. */
async function startRsyslog(t: TestContext, tag: string, action: string, settings = ''): Promise<string> {
  const directory = await temporaryDirectory('rsyslog');
  const input = join(directory, 'input.log');
  await writeFile(input, '');
  const configuration = `
    global(workDirectory="${directory}" localHostname="web-1" ${settings})
    module(load="imfile")
    input(type="imfile" file="${input}" tag="${tag}" severity="warning" facility="local3")
    ${action}`;
  const path = join(directory, 'rsyslog.conf');
  await writeFile(path, configuration);
  const modules = join(rsyslog.directory, 'usr/lib/x86_64-linux-gnu/rsyslog');
  startDaemon(t, rsyslog, 'usr/sbin/rsyslogd', ['-n', '-f', path, '-i', join(directory, 'pid'), '-M', modules]);
  return input;
}

const forward = (parameters: string): string => `action(type="omfwd" target="127.0.0.1" ${parameters} ${retryForEver})`;

test('rsyslog, by TCP and UDP, in both formats', { timeout: 420_000, skip }, async (t) => {
  const port = await ownPort();
  const { product } = await Site.start(t, 'rsyslog', [], ['--receivers.syslog.port', `${port}`]);
  const ways = {
    'rs-counted': 'protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"',
    'rs-lines': 'protocol="tcp" template="RSYSLOG_ForwardFormat"',
    'rs-old': 'protocol="tcp" template="RSYSLOG_TraditionalForwardFormat"',
    'rs-udp': 'protocol="udp" template="RSYSLOG_ForwardFormat"',
  };
  // a burst by UDP must find room in the kernel while the receiver waits for a processor
  const linesBy = (tag: string): number => (tag === 'rs-udp' ? 100 : 500);
  for (const [tag, parameters] of Object.entries(ways)) {
    const input = await startRsyslog(t, `${tag}:`, forward(`port="${port}" ${parameters}`));
    await appendFile(input, linesFrom(0, linesBy(tag)));
  }
  for (const tag of Object.keys(ways)) {
    const found = await findOnce(product, tag, linesBy(tag));
    const { level, host, message, metadata } = found.get(99)!;
    assert.deepEqual([level, host, message], ['WARN', 'web-1', 'line 99 ünïcode']);
    assert.equal(metadata['syslog.facility'], 'local3');
  }
});

for (const driver of ['gtls', 'ossl']) {
  test(`rsyslog by TLS, with the driver ${driver} and a certificate of its own`, { timeout: 420_000, skip }, async (t) => {
    const { certificate, key } = await makeCertificate();
    const port = await ownPort();
    const files = { certificate, key, client_ca: certificate };
    const flags = Object.entries({ port: await ownPort(), tls_port: port }).map(([name, value]) => [
      `--receivers.syslog.${name}`,
      `${value}`,
    ]);
    flags.push(...Object.entries(files).map(([name, path]) => [`--receivers.syslog.tls.${name}`, path]));
    const { product } = await Site.start(t, 'rsyslog', [], flags.flat());
    const tls = `StreamDriver="${driver}" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="logs.example.com"`;
    const settings = `DefaultNetstreamDriverCAFile="${certificate}" DefaultNetstreamDriverCertFile="${certificate}" DefaultNetstreamDriverKeyFile="${key}"`;
    const action = forward(`port="${port}" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format" ${tls}`);
    const input = await startRsyslog(t, 'rs-tls', action, settings);
    await appendFile(input, linesFrom(0, 500));
    const { level, host, message } = (await findOnce(product, 'rs-tls', 500)).get(7)!;
    assert.deepEqual([level, host, message], ['WARN', 'web-1', 'line 7 ünïcode']);
  });
}

test('rsyslog by TCP, while the server is restarted', { timeout: 420_000, skip }, async (t) => {
  const port = await ownPort();
  const site = await Site.start(t, 'rsyslog', [], ['--receivers.syslog.port', `${port}`]);
  const parameters = `port="${port}" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"`;
  const input = await startRsyslog(t, 'rs', forward(parameters));
  const written = await writeWhile(input, () => site.restart());
  await findOnce(site.product, 'rs', written);
});

/** The configuration of docs/send-data/rsyslog.md. */
function bulk(site: Site, template = ''): string {
  const [server, port] = site.addressOf(elasticsearchPort).split(':');
  return `
    module(load="omelasticsearch")
    template(name="ecs" type="list" option.jsonf="on") {
      property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
      property(outname="host.name" name="hostname" format="jsonf")
      property(outname="service.name" name="programname" format="jsonf")
      property(outname="log.level" name="syslogseverity-text" format="jsonf")
      property(outname="log.syslog.facility.name" name="syslogfacility-text" format="jsonf")
      property(outname="message" name="msg" format="jsonf")
    }
    action(type="omelasticsearch" server="http://${server}" serverport="${port}" ${template} searchIndex="syslog" bulkmode="on"
           retryfailures="on" queue.dequeuebatchsize="500" ${retryForEver})`;
}

for (const [name, service, level, template] of [
  // without the name of the program and with the severity as `priority`
  ['its own template', 'syslog', null, ''],
  ['a template of the Elastic Common Schema', 'rs', 'WARN', 'template="ecs"'],
] as const) {
  test(`omelasticsearch with ${name}`, { timeout: 420_000, skip }, async (t) => {
    const site = await Site.start(t, 'omelasticsearch', [elasticsearchPort]);
    const input = await startRsyslog(t, 'rs:', bulk(site, template));
    await appendFile(input, linesFrom(0, 3000));
    const found = await findOnce(site.product, service, 3000);
    for (const n of [0, 499, 500, 2999]) {
      const line = found.get(n)!;
      assert.deepEqual([line.level, line.host, line.message], [level, 'web-1', `line ${n} ünïcode`]);
      assert.ok(Math.abs(Date.parse(line.timestamp) - Date.now()) < 120_000);
    }
  });
}

test('omelasticsearch, while the server is killed and stopped: nothing is lost', { timeout: 420_000, skip }, async (t) => {
  const site = await Site.start(t, 'omelasticsearch', [elasticsearchPort]);
  const input = await startRsyslog(t, 'rs:', bulk(site, 'template="ecs"'));
  const written = await writeWhile(input, () => restartTwice(site));
  await findAtLeastOnce(site.product, 'rs', written);
});
