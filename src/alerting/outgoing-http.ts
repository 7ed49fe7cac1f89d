/**
 * How channels reach the world: HTTP over addresses that were looked at before they are connected to.
 *
 * A name is resolved by ourselves, every address it has is checked, and the connection goes to that very address: a name that
 * resolves differently a moment later (DNS rebinding) changes nothing. Private, loopback, link-local, multicast and reserved
 * addresses are refused, in all spellings, unless the settings allow them. Redirects are not followed: they are an answer.
 */
import { lookup as resolveName } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { AppError } from '#base/errors.ts';
import { isPublicAddress } from './notifying/public-addresses.ts';
import type { OutgoingHosts } from './channel-kinds.ts';
import type { OutgoingHttp } from './notification.ts';
import { notificationSetting } from './notifications-config.ts';
import type { NotificationsConfig } from './notifications-config.ts';

export interface OutgoingOptions {
  readonly config: Pick<NotificationsConfig, 'allow_private_addresses' | 'allowed_hosts' | 'delivery_timeout' | 'max_answer'>;
  /** All addresses of a name; the system's resolver where it is not given. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export function createOutgoing({ config, resolve = systemAddresses }: OutgoingOptions): OutgoingHttp & OutgoingHosts {
  const allowed = new Set(
    config.allowed_hosts
      .split(',')
      .map((host) => bareHost(host.trim()))
      .filter((host) => host !== ''),
  );
  const addressOf: OutgoingHosts['addressOf'] = async (host, signal) => {
    const name = bareHost(host);
    const addresses = isIP(name) === 0 ? await interruptible(resolve(name), signal) : [name];
    if (addresses.length === 0) throw new Error(`the name "${name}" has no address`);
    if (config.allow_private_addresses || allowed.has(name)) return addresses[0];
    const refused = addresses.find((address) => !isPublicAddress(address) && !allowed.has(address));
    if (refused === undefined) return addresses[0];
    throw new AppError(
      'forbidden',
      `"${name}" is at ${refused}, which is no public address; allow it by ${notificationSetting('allowed_hosts')}`,
      {
        details: { setting: notificationSetting('allowed_hosts'), host: name, address: refused },
      },
    );
  };
  return {
    addressOf,
    async post(url, { headers, body, signal: outer }) {
      const target = readUrl(url);
      const signal = AbortSignal.any([outer, AbortSignal.timeout(config.delivery_timeout)]);
      const address = await addressOf(target.hostname, signal);
      return exchange(target, address, { headers, body, signal, maxAnswerBytes: config.max_answer });
    },
  };
}

/** Without brackets and the dot at the end, in lower case. */
const bareHost = (host: string): string =>
  host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();

async function systemAddresses(host: string): Promise<readonly string[]> {
  return (await resolveName(host, { all: true, verbatim: true })).map(({ address }) => address);
}

function readUrl(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target === undefined || (target.protocol !== 'http:' && target.protocol !== 'https:'))
    throw new AppError('bad_request', 'the address of the channel is no http or https URL');
  if (target.username !== '' || target.password !== '')
    throw new AppError('bad_request', 'the address of the channel must not hold a name or password');
  return target;
}

interface Exchange {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly maxAnswerBytes: number;
}

type Answer = Awaited<ReturnType<OutgoingHttp['post']>>;

/** One request to the checked address; the name stays in the Host header and in TLS. */
function exchange(target: URL, address: string, { headers, body, signal, maxAnswerBytes }: Exchange): Promise<Answer> {
  const isSecure = target.protocol === 'https:';
  const host = bareHost(target.hostname);
  const options: RequestOptions & { servername?: string } = {
    method: 'POST',
    host: address,
    port: target.port === '' ? (isSecure ? 443 : 80) : Number(target.port),
    path: `${target.pathname}${target.search}`,
    headers: { ...headers, host: target.host, 'content-length': String(Buffer.byteLength(body)), connection: 'close' },
    agent: false,
    signal,
    ...(isSecure && isIP(host) === 0 ? { servername: host } : {}),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(signal.aborted ? new Error('no answer in time', { cause: error }) : error);
    const request = (isSecure ? httpsRequest : httpRequest)(options, (answer) => {
      readAnswer(answer, maxAnswerBytes).then(resolve, fail);
    });
    request.on('error', fail);
    request.end(body);
  });
}

/** As much of the answer as is wanted; then the connection is ended. */
async function readAnswer(answer: IncomingMessage, maxBytes: number): Promise<Answer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length >= maxBytes) break;
  }
  answer.destroy();
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]);
  return {
    status: answer.statusCode ?? 0,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(parts).subarray(0, maxBytes).toString('utf8'),
  };
}

/** The resolver cannot be broken off: its answer then comes to nobody. */
function interruptible<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('no answer in time'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
