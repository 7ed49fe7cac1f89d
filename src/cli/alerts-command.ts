/** The options of `millrace alerts`. */
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { applyAlerts, diffAlerts, exportAlerts, listAlerts, muteAlert } from './alerts.ts';

const defaultUrl = 'http://127.0.0.1:4880';
/** What `diff` ends with where something would change. */
const differenceCode = 3;

interface TargetFlags {
  readonly url: string;
  readonly apiKey?: string;
}

interface FileFlags extends TargetFlags {
  readonly prune?: boolean;
}

export function addAlertsCommands(program: Command, say: (text: string) => void): void {
  const alerts = program.command('alerts').description('alert rules of a running server: list, apply and compare YAML files, mute');
  const target = (command: Command, key = 'key to ask with'): Command =>
    command.option('--url <url>', 'the server', defaultUrl).option('--api-key <key>', `${key}, where the server needs one`);
  const applying = 'key that may read and send lines';
  target(alerts.command('list').description('all rules with what they are doing')).action((flags: TargetFlags) =>
    listAlerts({ ...flags, fetch, say }),
  );
  target(alerts.command('export').description('print all rules as YAML, which `apply` takes')).action((flags: TargetFlags) =>
    exportAlerts({ ...flags, fetch, say }),
  );
  const withFiles = (command: Command): Command =>
    target(command.argument('<files...>', 'YAML files, directories of them, or - for the standard input'), applying).option(
      '--prune',
      'rules that are in none of the files are removed',
    );
  const options = (files: readonly string[], flags: FileFlags) => ({
    ...{ url: flags.url, apiKey: flags.apiKey, files, prune: flags.prune === true, fetch, say },
    readInput: () => text(process.stdin),
  });
  withFiles(alerts.command('apply').description('make the rules what files say: all of them, or none where one is wrong'))
    .addHelpText('after', applyHelp)
    .action((files: readonly string[], flags: FileFlags) => applyAlerts(options(files, flags)));
  withFiles(
    alerts.command('diff').description(`say what \`apply\` would change; ends with ${differenceCode} where it would, 0 where not`),
  ).action(async (files: readonly string[], flags: FileFlags) => {
    if (!(await diffAlerts(options(files, flags)))) process.exitCode = differenceCode;
  });
  target(
    alerts.command('mute').argument('<rule>', 'its name or id').description('tell nobody of the incidents of a rule for a time'),
    applying,
  )
    .option('--for <span>', 'such as 2h')
    .option('--until <time>', 'RFC 3339')
    .option('--off', 'tell of them again')
    .action((rule: string, flags: TargetFlags & { for?: string; until?: string; off?: boolean }) =>
      muteAlert({ ...flags, rule, off: flags.off === true, fetch, say }),
    );
}

const applyHelp = `
A rule of a file is the kept one with its "id", else the one with its name. For example:

  rules:
    - name: Payment errors
      filter: level:ERROR AND service:payment-service
      condition: { kind: count, window: 5m, operator: ">", threshold: 100 }
      for: 1m
      actions: [{ channel: oncall }]

docs/alerting.md has more.`;
