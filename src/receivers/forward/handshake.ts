/**
 * The handshake in which a sender proves that it knows an API key, its shared key, without sending it:
 * HELO (our nonce) → PING (its digest) → PONG (ours). Digests are SHA-512 in hexadecimal over salt, host name, nonce and
 * key (Forward Protocol Specification v1, "Handshake"). Keys that are configured only as SHA-256 cannot be used.
 */
import { createHash } from 'node:crypto';
import { AppError } from '#base/errors.ts';
import type { KeyProof } from '#ingest/intake.ts';
import { isText } from './entries.ts';
import { MalformedMessagePack, MessagePackReader, valueTypes } from './msgpack-reader.ts';

export interface Ping {
  readonly hostname: string;
  readonly salt: Uint8Array;
  /** Hexadecimal digest over the key. */
  readonly digest: string;
}

/** Reads a PING. User and password, the last two elements, were not asked for and are not looked at. @throws AppError */
export function readPing(bytes: Uint8Array, view: DataView, start: number, end: number): Ping {
  const reader = new MessagePackReader();
  reader.open(bytes, view, start, end);
  const texts: Buffer[] = [];
  try {
    if (reader.next() === valueTypes.array && reader.count >= 4 && reader.count <= 6) {
      for (let i = 0; i < 4 && isText(reader.next()); i++) texts.push(Buffer.from(bytes.subarray(reader.from, reader.to)));
    }
  } catch (thrown) {
    if (!(thrown instanceof MalformedMessagePack)) throw thrown;
  }
  const [name, hostname, salt, digest] = texts;
  if (texts.length < 4 || name.toString() !== 'PING') {
    throw new AppError('unauthenticated', 'the sender did not answer HELO with PING: give it an API key as its shared key');
  }
  return { hostname: hostname.toString(), salt, digest: digest.toString('latin1') };
}

/** The proof in a PING, and the one that we give in return. */
export function keyProof({ hostname, salt, digest }: Ping, nonce: Uint8Array, ownHostname: string): KeyProof {
  const digestOf = (host: string, key: string): string =>
    createHash('sha512').update(salt).update(host).update(nonce).update(key).digest('hex');
  return {
    presented: digest.toLowerCase(),
    expectedFrom: (key) => digestOf(hostname, key),
    answerWith: (key) => digestOf(ownHostname, key),
  };
}
