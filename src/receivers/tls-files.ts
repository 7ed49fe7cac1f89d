/**
 * TLS of a listener from files: certificate chain, private key and, where clients must show one of their own, the
 * authorities that signed it. The files are read again on a timer, and new connections use what they hold then; files
 * that do not fit each other (a renewal that is half written) are reported and tried again, and the old ones stay.
 */
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';

/** `listener-settings.ts` has their descriptions. */
export interface TlsSettings {
  readonly certificate: string;
  readonly key: string;
  readonly client_ca: string;
  readonly check_interval: number;
}

export interface TlsFilesOptions {
  readonly settings: TlsSettings;
  /** Full path of the settings, such as `receivers.syslog.tls`. */
  readonly setting: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface TlsFiles {
  /** For the server that is made now. */
  readonly serverOptions: TlsOptions;
  /** From now on tells that server of new files. */
  watch(server: { setSecureContext(options: SecureContextOptions): void }): void;
  close(): void;
}

/** True where the settings ask for TLS. */
export const wantsTls = ({ certificate, key }: TlsSettings): boolean => certificate !== '' || key !== '';

/** @throws AppError invalid_configuration where a file cannot be read or they do not fit each other */
export async function openTlsFiles(options: TlsFilesOptions): Promise<TlsFiles> {
  const { settings, setting, clock, logger } = options;
  let current: SecureContextOptions;
  try {
    current = await readContext(settings);
  } catch (thrown) {
    throw new AppError('invalid_configuration', `${setting}: ${reasonOf(thrown)}`, { details: { setting }, cause: thrown });
  }
  const closed = new AbortController();
  return {
    serverOptions: {
      ...current,
      requestCert: settings.client_ca !== '',
      rejectUnauthorized: settings.client_ca !== '',
      minVersion: 'TLSv1.2',
    },
    watch(server) {
      void (async () => {
        while (!closed.signal.aborted) {
          await clock.sleep(settings.check_interval, closed.signal);
          if (closed.signal.aborted) return;
          try {
            const read = await readContext(settings);
            if (isSame(read, current)) continue;
            server.setSecureContext(read);
            current = read;
            logger.info({ setting }, 'TLS files were read again');
          } catch (thrown) {
            logger.warn({ setting, reason: reasonOf(thrown) }, 'TLS files changed and cannot be used; the old ones stay');
          }
        }
      })();
    },
    close: () => closed.abort(),
  };
}

async function readContext(settings: TlsSettings): Promise<SecureContextOptions> {
  const [cert, key, ca] = await Promise.all([
    readFile(settings.certificate),
    readFile(settings.key),
    settings.client_ca === '' ? undefined : readFile(settings.client_ca),
  ]);
  const context = ca === undefined ? { cert, key } : { cert, key, ca };
  createSecureContext(context);
  return context;
}

const isSame = (a: SecureContextOptions, b: SecureContextOptions): boolean =>
  (['cert', 'key', 'ca'] as const).every((part) => String(a[part]) === String(b[part]));

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
