/**
 * `millrace serve`: starts the server, says where it is and how to try it, and stops it cleanly.
 *
 * The first SIGINT, SIGTERM, SIGHUP or the death of the starting process drains and stops; a second one, at least half
 * a second later, ends at once. (npm, the shell and the terminal each pass Ctrl-C on, so one of them arrives several
 * times.)
 */
import type { EventEmitter } from 'node:events';
import type { Clock } from '#platform/clock.ts';
import type { RunningServer } from '#server/running-server.ts';

export interface ServeOptions {
  readonly version: string;
  readonly start: () => Promise<RunningServer>;
  /** True where a key is needed, so that the lines to copy carry one. */
  readonly needsKey: boolean;
  /** Where signals and `disconnect` arrive: `process`. */
  readonly signals: EventEmitter;
  readonly say: (text: string) => void;
  /** Ends the process without waiting. */
  readonly exitAtOnce: (code: number) => void;
  readonly clock: Clock;
}

const stopEvents = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'];
const sameSignalMs = 500;

/** Resolves when the server has stopped; rejects where it cannot start or go on. */
export async function serve(options: ServeOptions): Promise<void> {
  const { signals, say, clock } = options;
  let firstMs: number | undefined;
  let askToStop: () => void = () => {};
  const stopAsked = new Promise<void>((resolve) => (askToStop = resolve));
  const onStop = (): void => {
    const nowMs = clock.monotonicMs();
    if (firstMs === undefined) {
      firstMs = nowMs;
      say('stopping: waiting for what is under way (Ctrl-C again to stop at once)');
      askToStop();
    } else if (nowMs - firstMs >= sameSignalMs) options.exitAtOnce(130);
  };
  for (const event of stopEvents) signals.on(event, onStop);
  try {
    const server = await options.start();
    if (firstMs === undefined) say(greeting(server, options));
    try {
      await Promise.race([stopAsked, ...(server.failed === undefined ? [] : [server.failed])]);
    } finally {
      await server.close();
    }
    say('stopped');
  } finally {
    for (const event of stopEvents) signals.off(event, onStop);
  }
}

/** Where it listens, where its data lies, and two lines to copy. */
export function greeting({ url, dataDirectory }: RunningServer, { version, needsKey }: Pick<ServeOptions, 'version' | 'needsKey'>): string {
  const key = needsKey ? ' -H "X-API-Key: $MILLRACE_KEY"' : '';
  const body = '{"logs":[{"level":"INFO","service":"hello","message":"hello from my shell"}]}';
  return `
Millrace ${version} listens on ${url}
its data lies in ${dataDirectory}

  send a line:  curl -sS ${url}/v1/logs/ingest${key} -H 'Content-Type: application/json' -d '${body}'
  find it:      curl -sS${key} '${url}/api/v1/logs/search?q=hello'

  more to see:  npm run demo     stop: Ctrl-C
`;
}
