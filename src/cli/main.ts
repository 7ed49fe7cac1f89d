/**
 * The command line of Millrace. Loads only what a command needs: the server, with the engine behind it, comes by a
 * dynamic import in `serve`.
 *
 * Started by bin/millrace.mjs under the pinned Node.
 */
import { enableCompileCache } from 'node:module';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { AppError, toAppError } from '#base/errors.ts';
import { parseDurationMs } from '#base/units.ts';
import { systemClock } from '#platform/clock.ts';
import { version } from '#platform/version.ts';
import { configChecks, configSchema, settingAliases } from '#server/config.ts';
import type { Config } from '#server/config.ts';
import { addAlertsCommands } from './alerts-command.ts';
import { requestAudit } from './audit.ts';
import { describeSettings, printConfig } from './config-docs.ts';
import type { LoadedConfig } from './config-load.ts';
import { loadConfig } from './config-load.ts';
import { requestReplay } from './replay.ts';
import { serve } from './serve.ts';

const exitCodes = { failure: 1, usage: 2 } as const;
const defaultUrl = 'http://127.0.0.1:4880';

interface ConfigOptions {
  readonly config?: string;
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
}

/** The options that every command with a configuration has; any other `--section.name` is a setting too. */
function withConfigOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'YAML file with settings (or MILLRACE_CONFIG)')
    .option('-p, --port <number>', 'port to listen on (or MILLRACE_PORT; 4880)')
    .option('--host <address>', 'address to listen on (or MILLRACE_HOST; 127.0.0.1)')
    .option('-d, --data <directory>', 'where everything is kept (or MILLRACE_DATA; ./data)')
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      'after',
      '\nEvery setting is an option too, for example --log.max_bytes=20GB or --search.timeout=10s;\n`millrace config docs` describes them all.',
    );
}

function load(options: ConfigOptions, command: Command): LoadedConfig<Config> {
  const short = (['port', 'host', 'data'] as const).flatMap((name) => (options[name] === undefined ? [] : [`--${name}=${options[name]}`]));
  return loadConfig<Config>(
    configSchema,
    { aliases: settingAliases, checks: configChecks },
    { file: options.config ?? process.env.MILLRACE_CONFIG, environment: process.env, flags: [...short, ...command.args] },
  );
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function runServe(options: ConfigOptions, command: Command): Promise<void> {
  const { config } = load(options, command);
  process.channel?.unref();
  await serve({
    version,
    start: async () => (await import('#server/server.ts')).startServer(config),
    needsKey: config.access.keys.length > 0,
    signals: process,
    say,
    exitAtOnce: (code) => process.exit(code),
    clock: systemClock,
  });
}

interface DemoFlags {
  readonly url: string;
  readonly apiKey?: string;
  readonly rate?: number;
  readonly seed?: number;
  readonly backfill?: number;
}

async function runDemoCommand({ backfill, ...flags }: DemoFlags): Promise<void> {
  const { runDemo } = await import('./demo.ts');
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.once(signal, () => abort.abort());
  process.channel?.unref();
  await runDemo({ ...flags, ...(backfill === undefined ? {} : { backfillMs: backfill }), signal: abort.signal });
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number over 0.');
  return value;
}

function timeSpan(text: string): number {
  const value = parseDurationMs(text);
  if (value === undefined) throw new InvalidArgumentError('It must be a time span such as 30m or 1h.');
  return value;
}

function addConfigCommands(program: Command): void {
  const config = program.command('config').description('check, print or describe the configuration');
  withConfigOptions(config.command('check').description('say whether the configuration is right, and if not, what is wrong')).action(
    (options: ConfigOptions, command: Command) => {
      const { origins } = load(options, command);
      say(`the configuration is right (${origins.size} ${origins.size === 1 ? 'setting differs' : 'settings differ'} from the defaults)`);
    },
  );
  withConfigOptions(
    config.command('print').description('print the configuration that holds, as YAML, with where each value came from'),
  ).action((options: ConfigOptions, command: Command) => {
    const loaded = load(options, command);
    say(printConfig(configSchema, loaded.config, loaded.origins));
  });
  config
    .command('docs')
    .description('print the reference of all settings')
    .action(() => say(describeSettings(configSchema)));
}

function commandLine(): Command {
  const program = new Command('millrace')
    .exitOverride()
    .description('A centralized log platform: collects, keeps, finds, tails and ages log lines.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(add --help for help)');
  withConfigOptions(program.command('serve').description('run the server until it is stopped')).action(runServe);
  program
    .command('demo')
    .description('feed a running server the logs of an invented shop, with an incident now and then, until stopped')
    .option('--url <url>', 'the server', defaultUrl)
    .option('--api-key <key>', 'key to send with, where the server needs one')
    .option('--rate <lines>', 'lines a second (200)', positiveNumber)
    .option('--seed <number>', 'the same seed tells the same story', positiveNumber)
    .option('--backfill <span>', 'how much of the past to fill at the first start (1h)', timeSpan)
    .action(runDemoCommand);
  program
    .command('replay')
    .description('process kept lines of the durable log again; the new version replaces the old one')
    .requiredOption('--from <time|position>', 'RFC 3339 time, a span such as 30m (that long ago), or positions "shard:sequence,…"')
    .option('--reparse', 'parse lines that were text again, by the parser rules of now')
    .option('--url <url>', 'the server', defaultUrl)
    .option('--api-key <key>', 'key that may act for others, where the server needs one')
    .action((options: { from: string; reparse?: boolean; url: string; apiKey?: string }) =>
      requestReplay({ ...options, clock: systemClock, fetch, say }),
    );
  program
    .command('audit')
    .description('prove the ledger against the store: is every accepted line found, every quarantined record accounted for')
    .option('--url <url>', 'the server', defaultUrl)
    .option('--api-key <key>', 'key that may act for others, where the server needs one')
    .action(async (options: { url: string; apiKey?: string }) => {
      if (!(await requestAudit({ ...options, fetch, say }))) process.exitCode = exitCodes.failure;
    });
  addAlertsCommands(program, say);
  addConfigCommands(program);
  return program;
}

/** Runs one command line; sets the exit code of the process. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  process.stdout.on('error', () => {});
  try {
    await commandLine().parseAsync(args, { from: 'user' });
  } catch (thrown) {
    process.exitCode = reportFailure(thrown);
  }
}

/** commander has printed its own errors already. */
function reportFailure(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitCodes.usage;
  if (isAddressInUse(thrown)) {
    console.error(`millrace: another program listens on ${thrown.address}:${thrown.port}; stop it, or choose another port with --port`);
    return exitCodes.failure;
  }
  const error = toAppError(thrown);
  if (!(thrown instanceof AppError)) console.error(thrown);
  else console.error(`millrace: ${error.message}`);
  return error.code === 'invalid_configuration' ? exitCodes.usage : exitCodes.failure;
}

function isAddressInUse(thrown: unknown): thrown is Error & { address: string; port: number } {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE' && 'port' in thrown;
}

if (import.meta.main) {
  // What has been compiled once takes 20 MB and a second less from then on.
  enableCompileCache();
  await runCommandLine(process.argv.slice(2));
}
