/**
 * The web interface as it was built (web/dist), held in memory: the page with its policy, and the files it loads, already
 * compressed. Without a build there is the start page (`index-page.ts`), which says why.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface InterfaceFile {
  readonly contentType: string;
  readonly etag: string;
  /** Its name holds a hash of its content: it never changes. */
  readonly isImmutable: boolean;
  readonly bytes: Buffer;
  readonly brotli?: Buffer;
  readonly gzip?: Buffer;
}

export interface InterfacePage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

export interface WebInterface {
  /** The page that every address of the interface shows, with a fresh nonce; undefined where it is not built. */
  readonly page: () => InterfacePage | undefined;
  /** Why there is no page. */
  readonly problem: string | undefined;
  /** Path, such as `/assets/index-1a2b.js` → file. */
  readonly files: ReadonlyMap<string, InterfaceFile>;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
};
/** As in web/vite.config.ts. */
const nonceMark = 'MILLRACE_NONCE';

/** Reads what was built; a directory that is not there is an interface that is not built. */
export function readInterface(directory: string): WebInterface {
  const html = textOf(join(directory, 'index.html'));
  const failed = textOf(join(directory, 'build-problem.txt'));
  if (html === undefined || failed !== undefined) {
    return { page: () => undefined, problem: failed ?? 'it is not built: `node bin/millrace.mjs serve` builds it', files: new Map() };
  }
  return { page: () => pageWithNonce(html), problem: undefined, files: readFiles(directory) };
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function readFiles(directory: string): Map<string, InterfaceFile> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = new Map<string, InterfaceFile>();
  for (const name of names) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const compressed = (suffix: string): Buffer | undefined =>
      names.includes(`${name}${suffix}`) ? readFileSync(join(directory, `${name}${suffix}`)) : undefined;
    const bytes = readFileSync(join(directory, name));
    files.set(`/${name.replaceAll('\\', '/')}`, {
      contentType,
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      isImmutable: name.startsWith('assets'),
      bytes,
      brotli: compressed('.br'),
      gzip: compressed('.gz'),
    });
  }
  return files;
}

/**
 * No script and no style but our own files. The nonce is for the style element that the query editor makes; a nonce in a
 * page that is kept would be no secret, so the page is never kept.
 */
function pageWithNonce(html: string): InterfacePage {
  const nonce = randomBytes(16).toString('base64');
  const contentSecurityPolicy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html: html.replaceAll(nonceMark, nonce), contentSecurityPolicy };
}

/** The smallest body that the client takes. */
export function encodedBody(
  file: InterfaceFile,
  acceptEncoding: string | undefined,
): { readonly encoding?: 'br' | 'gzip'; readonly bytes: Buffer } {
  const accepts = (name: string): boolean =>
    new RegExp(`(?:^|,)\\s*${name}\\s*(?:$|,|;(?!\\s*q=0(?:\\.0*)?\\s*(?:$|,)))`, 'i').test(acceptEncoding ?? '');
  if (file.brotli !== undefined && accepts('br')) return { encoding: 'br', bytes: file.brotli };
  if (file.gzip !== undefined && accepts('gzip')) return { encoding: 'gzip', bytes: file.gzip };
  return { bytes: file.bytes };
}
