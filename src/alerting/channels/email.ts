/**
 * Email by SMTP (RFC 5321) through nodemailer, over a connection of our own: the address is the one that the rule about private
 * addresses saw, and the delivery's signal ends it at any point. One connection per message.
 *
 * Threads: every message of a group refers to an id made of the group's key, and to the first message of the round; the
 * Message-ID is made of the notification's id, so a mail sent twice is the same mail twice. (RFC 5322, 3.6.4)
 */
import { isIP } from 'node:net';
import type { SMTPSentMessageInfo } from 'nodemailer';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#base/errors.ts';
import type { SettingsOf } from '../channel-settings.ts';
import type { Channel, DeliveryOutcome, Notification } from '../notification.ts';
import { fitted } from './content.ts';
import { emailHtml, maxHtmlBytes } from './email-html.ts';
import { keyOf } from './group-keys.ts';
import { excerpt, outcomeOfError } from './http-delivery.ts';
import { plainText } from './plain-text.ts';
import { connectedTo } from './smtp-socket.ts';

interface Parts {
  readonly hosts: { addressOf(host: string, signal: AbortSignal): Promise<string> };
  readonly clock: Clock;
}

type Settings = SettingsOf<'email'>;

const ports = { starttls: 587, tls: 465, none: 25 } as const;

/** Notifications of which some recipients have been served and others are tried again. */
const maxHalfServed = 1000;

export function createEmail(settings: Settings, { hosts, clock }: Parts): Channel {
  const recipients = [...new Set([...settings.to, ...(settings.cc ?? [])])];
  const served = new Map<string, ReadonlySet<string>>();
  return {
    type: 'email',
    async deliver(notification, signal) {
      const before = served.get(notification.id) ?? new Set<string>();
      try {
        const address = await hosts.addressOf(settings.host, signal);
        const to = recipients.filter((recipient) => !before.has(recipient));
        const info = await send(settings, address, messageOf(notification, settings, clock), to, signal);
        const outcome = outcomeOf(info, notification, settings);
        served.delete(notification.id);
        if (outcome.kind === 'retry') {
          if (served.size >= maxHalfServed) served.delete([...served.keys()][0]);
          served.set(notification.id, new Set([...before, ...info.accepted]));
        }
        return outcome;
      } catch (error) {
        return outcomeOfFailure(error, settings, signal);
      }
    },
  };
}

/** Throws AppError `bad_request` where a name comes without a password, or a login would go in the open. */
export function checkEmail({ username, password, security }: Settings): void {
  if ((username === undefined) !== (password === undefined)) {
    const field = username === undefined ? 'username' : 'password';
    throw new AppError('bad_request', `Email needs "username" and "password" together; "${field}" is missing`, { details: { field } });
  }
  if (username !== undefined && security === 'none') {
    throw new AppError('bad_request', 'a password is never sent in the open; "security" of Email must be "starttls" or "tls"', {
      details: { field: 'security' },
    });
  }
}

async function send(
  settings: Settings,
  address: string,
  message: object,
  to: readonly string[],
  signal: AbortSignal,
): Promise<SMTPSentMessageInfo> {
  const security = settings.security ?? 'starttls';
  const port = settings.port ?? ports[security];
  // 127 ms and 24 MB that only those pay who send mails
  const { createTransport } = await import('nodemailer');
  const socket = await connectedTo(address, port, signal);
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    const transport = createTransport({
      host: settings.host,
      port,
      connection: socket,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      name: domainOf(settings.from),
      tls: {
        minVersion: 'TLSv1.2',
        ...(isIP(settings.host) === 0 ? { servername: settings.host } : {}),
        ...(settings.ca ? { ca: settings.ca } : {}),
      },
      ...(settings.username === undefined ? {} : { auth: { user: settings.username, pass: settings.password } }),
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return await transport.sendMail({ ...message, envelope: { from: addressIn(settings.from), to: [...to] } });
  } finally {
    signal.removeEventListener('abort', end);
    socket.destroy();
  }
}

function messageOf(notification: Notification, settings: Settings, clock: Clock): object {
  const domain = domainOf(settings.from);
  const root = `<millrace-${keyOf(notification.groupKey).slice(0, 40)}@${domain}>`;
  const first = /^<[A-Za-z0-9@.-]+>$/.test(notification.remoteId ?? '') ? notification.remoteId : undefined;
  const urgent = notification.severity === 'critical' && (notification.kind === 'fired' || notification.kind === 'escalated');
  return {
    from: settings.from,
    to: settings.to,
    ...(settings.cc === undefined || settings.cc.length === 0 ? {} : { cc: settings.cc }),
    ...(settings.reply_to === undefined ? {} : { replyTo: settings.reply_to }),
    date: new Date(clock.nowMs()),
    messageId: messageIdOf(notification, settings),
    inReplyTo: first ?? root,
    references: first === undefined ? [root] : [root, first],
    ...(urgent ? { priority: 'high' } : {}),
    headers: {
      // no answers of absent people (RFC 3834; the other is Exchange's)
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Millrace-Kind': notification.kind,
      'X-Millrace-Severity': notification.severity,
    },
    ...fitted(
      notification,
      settings.redact ?? 'secrets',
      (content) => ({
        subject: [settings.subject_prefix, `${content.state}:`, content.title].filter((part) => part !== undefined).join(' '),
        text: plainText(content),
        html: emailHtml(content),
      }),
      ({ html }) => Buffer.byteLength(html) <= maxHtmlBytes,
    ),
  };
}

const messageIdOf = (notification: Notification, settings: Settings): string =>
  `<millrace-${keyOf(notification.id).slice(0, 40)}@${domainOf(settings.from)}>`;

const addressIn = (mailbox: string): string => /<([^<>]+)>$/.exec(mailbox)?.[1] ?? mailbox;
const domainOf = (mailbox: string): string => addressIn(mailbox).split('@')[1] ?? 'localhost';

/** Some or all recipients were taken. Those put off for now are tried again; those refused for ever are named. */
function outcomeOf(info: SMTPSentMessageInfo, notification: Notification, settings: Settings): DeliveryOutcome {
  const refusals = info.rejectedErrors ?? [];
  const said = excerpt(refusals.map(({ message }) => message).join('; '), secretsOf(settings));
  if (refusals.some(({ responseCode }) => responseCode !== undefined && responseCode < 500)) {
    return { kind: 'retry', detail: `taken for ${info.accepted.length} recipients, put off for others: ${said}` };
  }
  const detail =
    refusals.length === 0
      ? excerpt(`taken: ${info.response}`, [])
      : `taken for ${info.accepted.length} recipients; refused for others: ${said}`;
  return { kind: 'delivered', detail, remoteId: notification.remoteId ?? messageIdOf(notification, settings) };
}

/** What OpenSSL and Node say of a certificate that will not get better by waiting. */
const certificateFault = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA)|certificate|altnames/i;

/** 4yz: later. 5yz, bad certificates, no STARTTLS: never as it is. Connections that break: later. (RFC 5321, 4.2.1) */
function outcomeOfFailure(error: unknown, settings: Settings, signal: AbortSignal): DeliveryOutcome {
  if (signal.aborted) return { kind: 'retry', detail: 'the mail server took too long' };
  if (!(error instanceof Error) || error instanceof AppError) return outcomeOfError(error, secretsOf(settings));
  const { code = '', responseCode } = error as { code?: string; responseCode?: number };
  const detail = excerpt(error.message, secretsOf(settings));
  if (responseCode !== undefined) {
    // a connection that broke carries the last answer, which may be one that asked for more
    return { kind: responseCode >= 500 && !putOffForSome(error) ? 'refused' : 'retry', detail };
  }
  const never =
    certificateFault.test(code) || certificateFault.test(error.message) || code === 'EAUTH' || code === 'EENVELOPE' || code === 'ENOAUTH';
  return { kind: never ? 'refused' : 'retry', detail };
}

/** All recipients were turned away, at least one of them only for now. */
function putOffForSome(error: Error): boolean {
  const { rejectedErrors = [] } = error as { rejectedErrors?: readonly { responseCode?: number }[] };
  return rejectedErrors.some(({ responseCode }) => responseCode !== undefined && responseCode < 500);
}

const secretsOf = ({ password }: Settings): string[] => {
  if (password === undefined) return [];
  return [password, Buffer.from(password).toString('base64')];
};
