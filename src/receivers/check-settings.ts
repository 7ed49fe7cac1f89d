/** Settings of receivers that only code can check, looked at before anything starts. Called by the loader of the configuration. */
import { toAppError } from '#base/errors.ts';
import type { ReceiversConfig } from './config.ts';
import { SenderNetworks } from './sender-networks.ts';
import { sourceZone } from './syslog/source-zone.ts';

/** What is wrong, by the full path of the setting. */
export function checkReceivers({ beats, forward, gelf, syslog }: ReceiversConfig): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  const check = (path: string, read: () => unknown): void => {
    try {
      read();
    } catch (thrown) {
      problems.push({ path, message: toAppError(thrown).message });
    }
  };
  for (const [name, { allowed_networks }] of Object.entries({ beats, forward, gelf, syslog })) {
    const path = `receivers.${name}.allowed_networks`;
    check(path, () => new SenderNetworks(allowed_networks, path));
  }
  check('receivers.syslog.timezone', () => sourceZone(syslog.timezone, 'receivers.syslog.timezone'));
  return problems;
}
