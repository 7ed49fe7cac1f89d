/**
 * Entry of the engine process: chDB behind ClickHouse's HTTP interface on a unix socket.
 *
 * The supervisor speaks to it over stdin, one JSON value a line: first the EngineOptions, later `{"stop": …}`. Standard
 * output carries one line `{"event": "ready"}`; standard error is the engine's log. When stdin ends without a stop the
 * parent has died: the process then ends within the grace time whatever runs, because an orphan would keep the data
 * path locked. Nothing here is durable by contract; being killed is always allowed.
 */
import { rm, writeFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { getPriority, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { HttpInterface } from './child/http-interface.ts';
import { loadNativeEngine } from './child/native-engine.ts';
import { SessionDirectory } from './child/session-directory.ts';
import type { EngineOptions } from './engine-config.ts';

interface RunningEngine {
  readonly http: HttpInterface;
  readonly sessions: SessionDirectory;
}

/** Exit status where the data path could not be opened; the reason is on stderr. */
const cannotOpen = 3;

async function start(options: EngineOptions): Promise<RunningEngine> {
  await stepBack(options.niceness);
  const engine = loadNativeEngine();
  try {
    // The first connection opens the data path with the server's settings; later ones bring query settings only.
    const first = engine.CreateConnection(options.dataPath, options.arguments);
    const sessions = new SessionDirectory(engine, options);
    await sessions.open();
    engine.CloseConnection(first);
    await rm(options.socketPath, { force: true });
    const http = new HttpInterface(options, sessions);
    await http.listen();
    // Node writes its cache at a normal exit only, and this process may never have one.
    flushCompileCache();
    return { http, sessions };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(cannotOpen);
  }
}

/**
 * Threads that begin later, and so all of the engine's, are as nice as this one. Coming back would need a privilege.
 *
 * Where Linux groups processes by session for the scheduler (sched(7), "The autogroup feature"), as most distributions have it, a
 * nice value weighs only against the own session, and this process has one to itself: there the group has to be nice.
 */
async function stepBack(niceness: number): Promise<void> {
  if (getPriority() < niceness) setPriority(niceness);
  // Missing on other systems, and without effect in a container's own group, where the nice value does it.
  if (niceness > 0) await writeFile('/proc/self/autogroup', String(niceness)).catch(() => undefined);
}

/** Ends the queries, closes the engine's data, and exits; by SIGKILL where that takes longer than `deadlineMs`. */
async function stop(starting: Promise<RunningEngine> | undefined, graceMs: number, deadlineMs: number): Promise<void> {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), deadlineMs).unref();
  const running = await starting;
  if (running !== undefined) {
    await running.http.close(graceMs);
    await running.sessions.close();
  }
  process.exit(0);
}

function main(): void {
  // A Ctrl-C in the terminal reaches the whole process group; when to stop is the supervisor's decision.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  let running: Promise<RunningEngine> | undefined;
  let orphanGraceMs = 1000;
  let stopping = false;
  const end = async (graceMs: number, deadlineMs: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await stop(running, graceMs, deadlineMs);
  };
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const message = JSON.parse(line) as EngineOptions | { stop: { graceMs: number; deadlineMs: number } };
    if ('stop' in message) return void end(message.stop.graceMs, message.stop.deadlineMs);
    orphanGraceMs = message.orphanGraceMs;
    running = start(message);
    void running.then(() => process.stdout.write(`${JSON.stringify({ event: 'ready' })}\n`));
  });
  input.on('close', () => void end(0, orphanGraceMs));
}

main();
