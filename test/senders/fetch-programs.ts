/** `npm run fetch:senders`: fetches the programs that tests send with, each through the package manager it comes from. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { completeMark, directoryOf, sources } from './programs.ts';
import type { ProgramName, Source } from './programs.ts';

const run = promisify(execFile);
const timeoutMs = 300_000;
const mavenCentral = 'https://repo1.maven.org/maven2';

async function fetchInto(directory: string, source: Source): Promise<void> {
  if (source.from === 'debian') await fetchFromDebian(directory, source.packages);
  else if (source.from === 'pypi') await fetchFromPyPi(directory, source.packages);
  else if (source.from === 'maven') await Promise.all(source.artifacts.map((artifact) => fetchFromMaven(directory, artifact)));
  else await run('go', ['build', '-o', join(directory, 'sender'), '.'], { cwd: source.folder, timeout: timeoutMs });
}

/** With the libraries that the system lacks. Unpacked side by side: rsyslog and syslog-ng could not both be installed. */
async function fetchFromDebian(directory: string, packages: readonly string[]): Promise<void> {
  const options = ['Debug::NoLocking=true', `Dir::Cache::archives=${directory}`].flatMap((option) => ['-o', option]);
  const flags = ['--download-only', '--reinstall', '--no-install-recommends', '--yes', '--quiet'];
  await run('apt-get', ['install', ...flags, ...options, ...packages], { timeout: timeoutMs });
  for (const name of await readdir(directory)) {
    if (name.endsWith('.deb')) await run('dpkg', ['-x', name, '.'], { cwd: directory, timeout: timeoutMs });
  }
}

async function fetchFromPyPi(directory: string, packages: readonly string[]): Promise<void> {
  await run('python3', ['-m', 'venv', directory], { timeout: timeoutMs });
  await run(join(directory, 'bin/python'), ['-m', 'pip', '--quiet', 'install', ...packages], { timeout: timeoutMs });
}

/** `group:artifact:version` as a jar, checked against the repository's sum. */
async function fetchFromMaven(directory: string, artifact: string): Promise<void> {
  const [group, name, version] = artifact.split(':');
  const url = `${mavenCentral}/${group.replaceAll('.', '/')}/${name}/${version}/${name}-${version}.jar`;
  const [jar, sum] = await Promise.all([fetchBytes(url), fetchBytes(`${url}.sha1`)]);
  const actual = createHash('sha1').update(jar).digest('hex');
  if (!sum.toString().startsWith(actual)) throw new Error(`${url} does not have the sum that is given for it`);
  await writeFile(join(directory, `${name}.jar`), jar);
}

async function fetchBytes(url: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

for (const [name, source] of Object.entries(sources)) {
  const directory = directoryOf(name as ProgramName);
  if (existsSync(join(directory, completeMark))) {
    console.log(`${name}: is there`);
    continue;
  }
  process.exitCode ||= (await isFetched(name, directory, source)) ? 0 : 1;
}

/** A network fails for a moment now and then, and a registry too. */
async function isFetched(name: string, directory: string, source: Source): Promise<boolean> {
  for (const pauseMs of [5000, 20_000, undefined]) {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    try {
      await fetchInto(directory, source);
      await writeFile(join(directory, completeMark), '');
      console.log(`${name}: fetched`);
      return true;
    } catch (thrown) {
      console.error(`${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      if (pauseMs !== undefined) await sleep(pauseMs);
    }
  }
  return false;
}
