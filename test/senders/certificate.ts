/** A certificate for tests of TLS. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../support/product.ts';

/** Paths of a certificate for logs.example.com and localhost that signed itself, good for both sides, and of its key. */
export async function makeCertificate(): Promise<Record<'certificate' | 'key', string>> {
  const directory = await temporaryDirectory('certificate');
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  const names = ['-subj', '/CN=logs.example.com', '-addext', 'subjectAltName=DNS:logs.example.com,DNS:localhost'];
  const flags = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate, ...names];
  await promisify(execFile)('openssl', flags);
  return { certificate, key };
}
