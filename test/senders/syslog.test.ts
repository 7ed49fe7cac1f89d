/** rsyslog 8.2302 and syslog-ng 3.38 (Debian 12) and util-linux's `logger`, by every transport and format they have. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Product, temporaryDirectory } from '../support/product.ts';
import { findOnce } from './found-once.ts';
import { debianPackages } from './programs.ts';
import type { Fetched } from './programs.ts';

const rsyslog = await debianPackages('rsyslog', 'libfastjson4', 'libestr0', 'liblognorm5');
const syslogNg = await debianPackages('syslog-ng-core', 'libivykis0', 'libnet1', 'libpcre3', 'libwrap0');
const skipOf = (fetched: Fetched): string | false => ('skip' in fetched ? fetched.skip : false);

/** A product that takes syslog by UDP and TCP on one port, which it keeps over restarts. */
class SyslogSite {
  readonly port: number;
  readonly #dataDirectory: string;
  product!: Product;

  private constructor(port: number, dataDirectory: string) {
    this.port = port;
    this.#dataDirectory = dataDirectory;
  }

  static async start(t: TestContext): Promise<SyslogSite> {
    const site = new SyslogSite(await freePort(), await temporaryDirectory(t, 'syslog'));
    await site.#start();
    t.after(() => site.product.kill());
    return site;
  }

  async restart(): Promise<void> {
    await this.product.stop();
    await this.#start();
  }

  async #start(): Promise<void> {
    this.product = await Product.start({ dataDirectory: this.#dataDirectory, flags: ['--receivers.syslog.port', String(this.port)] });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs a daemon from unpacked packages until the test ends. */
function startDaemon(t: TestContext, fetched: Fetched, program: string, flags: readonly string[]): ChildProcess {
  assert.ok('directory' in fetched);
  const { directory } = fetched;
  const libraries = ['usr/lib/x86_64-linux-gnu', 'usr/lib/syslog-ng', 'lib/x86_64-linux-gnu'].map((path) => join(directory, path));
  const child = spawn(join(directory, program), flags, { env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') }, stdio: 'ignore' });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  });
  return child;
}

const linesFrom = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => `line ${from + i} ünïcode\n`).join('');

/** rsyslog that reads a file and forwards it as `action` says. */
async function startRsyslog(t: TestContext, tag: string, action: string): Promise<{ readonly input: string }> {
  assert.ok('directory' in rsyslog);
  const directory = await temporaryDirectory(t, 'rsyslog');
  const input = join(directory, 'input.log');
  await writeFile(input, '');
  const configuration = `
    global(workDirectory="${directory}" localHostname="web-1")
    module(load="imfile")
    input(type="imfile" file="${input}" tag="${tag}" severity="warning" facility="local3")
    action(type="omfwd" target="127.0.0.1" ${action} queue.type="LinkedList" queue.size="100000" action.resumeRetryCount="-1" action.resumeInterval="1")`;
  const path = join(directory, 'rsyslog.conf');
  await writeFile(path, configuration);
  const modules = join(rsyslog.directory, 'usr/lib/x86_64-linux-gnu/rsyslog');
  startDaemon(t, rsyslog, 'usr/sbin/rsyslogd', ['-n', '-f', path, '-i', join(directory, 'pid'), '-M', modules]);
  return { input };
}

test('rsyslog, by TCP and UDP, in both formats', { timeout: 120_000, skip: skipOf(rsyslog) }, async (t) => {
  const site = await SyslogSite.start(t);
  const port = `port="${site.port}"`;
  const ways = {
    'rs-counted': `${port} protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"`,
    'rs-lines': `${port} protocol="tcp" template="RSYSLOG_ForwardFormat"`,
    'rs-old': `${port} protocol="tcp" template="RSYSLOG_TraditionalForwardFormat"`,
    'rs-udp': `${port} protocol="udp" template="RSYSLOG_ForwardFormat"`,
  };
  for (const [tag, action] of Object.entries(ways)) {
    const { input } = await startRsyslog(t, `${tag}:`, action);
    await appendFile(input, linesFrom(0, 500));
  }
  for (const tag of Object.keys(ways)) {
    const found = await findOnce(site.product, tag, 500);
    const { level, host, message, metadata } = found.get(499)!;
    assert.deepEqual([level, host, message], ['WARN', 'web-1', 'line 499 ünïcode']);
    assert.equal(metadata['syslog.facility'], 'local3');
  }
});

test('rsyslog by TCP, while the server is restarted', { timeout: 120_000, skip: skipOf(rsyslog) }, async (t) => {
  const site = await SyslogSite.start(t);
  const { input } = await startRsyslog(
    t,
    'rs',
    `port="${site.port}" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"`,
  );
  let written = 0;
  let isRestarted = false;
  const restarted = sleep(1000).then(async () => {
    await site.restart();
    isRestarted = true;
  });
  while (!isRestarted || written < 20_000) {
    await appendFile(input, linesFrom(written, written + 200));
    written += 200;
    await sleep(20);
  }
  await restarted;
  await findOnce(site.product, 'rs', written);
});

test('syslog-ng, by TCP and UDP, in both formats', { timeout: 120_000, skip: skipOf(syslogNg) }, async (t) => {
  assert.ok('directory' in syslogNg);
  const site = await SyslogSite.start(t);
  const directory = await temporaryDirectory(t, 'syslog-ng');
  const ways = {
    'ng-new': `syslog("127.0.0.1" transport("tcp") port(${site.port}) persist-name("ng-new"))`,
    'ng-old': `network("127.0.0.1" transport("tcp") port(${site.port}) persist-name("ng-old"))`,
    'ng-udp': `syslog("127.0.0.1" transport("udp") port(${site.port}) persist-name("ng-udp"))`,
  };
  const file = (tag: string): string => join(directory, `${tag}.log`);
  const paths = Object.entries(ways).map(
    ([tag, destination]) =>
      `log { source { file("${file(tag)}" program-override("${tag}") flags(no-parse) follow-freq(0.1)); }; destination { ${destination}; }; };`,
  );
  const configuration = join(directory, 'syslog-ng.conf');
  await writeFile(configuration, `@version: 3.38\n${paths.join('\n')}\n`);
  for (const tag of Object.keys(ways)) await writeFile(file(tag), linesFrom(0, 500));
  startDaemon(t, syslogNg, 'usr/sbin/syslog-ng', [
    ...['-F', '-f', configuration, '-p', join(directory, 'pid'), '-c', join(directory, 'ctl'), '-R', join(directory, 'persist')],
    ...['--module-path', join(syslogNg.directory, 'usr/lib/syslog-ng/3.38')],
  ]);
  for (const tag of Object.keys(ways)) {
    const found = await findOnce(site.product, tag, 500);
    assert.equal(found.get(499)?.message, 'line 499 ünïcode');
    assert.equal(found.get(499)?.metadata['syslog.facility'], 'user');
  }
});

test('logger', { timeout: 60_000 }, async (t) => {
  const site = await SyslogSite.start(t);
  const ways = {
    'lg-udp': ['-d'],
    'lg-udp-old': ['-d', '--rfc3164'],
    'lg-tcp': ['-T', '--octet-count', '--sd-id', 'zoo@123', '--sd-param', 'tiger="hungry \\"big\\""'],
    'lg-tcp-old': ['-T', '--rfc3164'],
  };
  for (const [tag, flags] of Object.entries(ways)) {
    const target = ['-n', '127.0.0.1', '-P', String(site.port), '-p', 'auth.crit', '-t', tag, '--id=42'];
    await promisify(execFile)('logger', [...target, ...flags, 'line 0']);
  }
  for (const tag of Object.keys(ways)) {
    const { level, message, metadata } = (await findOnce(site.product, tag, 1)).get(0)!;
    assert.deepEqual([level, message, metadata['syslog.facility'], metadata['syslog.procid']], ['FATAL', 'line 0', 'auth', '42']);
    if (tag === 'lg-tcp') assert.equal(metadata['zoo@123.tiger'], 'hungry "big"');
  }
});
