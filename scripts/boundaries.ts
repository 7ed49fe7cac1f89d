/**
 * The architecture as data: which folder of src/ may import which, who owns a third-party package, and what is banned
 * where. test/architecture/boundaries.test.ts holds the code to it; ARCHITECTURE.md shows it as a diagram.
 */

/** A folder imports only folders above it in this list (architecture.md, part 4). */
export const folderOrder = [
  'base',
  'platform',
  'model',
  'language',
  'logql',
  'log',
  'engine',
  'store',
  'objects',
  'metadata',
  'access',
  'parsing',
  'patterns',
  'ingest',
  'search',
  'loki',
  'alerting',
  'lifecycle',
  'consumers',
  'receivers',
  'api',
  'agent',
  'cli',
  'server',
] as const;

export type Folder = (typeof folderOrder)[number];

export interface ExtraEdge {
  readonly from: Folder;
  readonly to: Folder;
  readonly reason: string;
}

/** Edges against the order, each with its reason. */
export const extraEdges: readonly ExtraEdge[] = [
  { from: 'cli', to: 'server', reason: 'the command line reads the whole configuration, and `serve` starts the server' },
];

/** Edges that the order would allow and that are not wanted all the same. */
export const forbiddenEdges: readonly ExtraEdge[] = [
  { from: 'agent', to: 'engine', reason: 'the agent must not drag in the engine' },
  { from: 'agent', to: 'store', reason: 'the agent must not drag in the engine' },
  { from: 'server', to: 'cli', reason: 'the server is given its configuration' },
];

/**
 * Folders whose subfolders are plug-ins: their top-level files may be imported by the composition root (`server`), and
 * by nobody else outside their own folder; one plug-in never imports another.
 */
export const plugInFolders: readonly Folder[] = ['log', 'store', 'objects', 'metadata', 'consumers', 'receivers'];
export const compositionRoot: Folder = 'server';

/** Folders that run in a browser too: no `node:*`. */
export const browserFolders: readonly Folder[] = ['base', 'model', 'language'];

/** Third-party package → folders that may import it. Tests may use all of them. A new line here is a line in an ADR. */
export const packageOwners: Readonly<Record<string, readonly Folder[]>> = {
  '@fastify/websocket': ['api'],
  ajv: ['cli'],
  chdb: ['engine'],
  commander: ['cli'],
  fastify: ['api'],
  kysely: ['metadata'],
  'mmdb-lib': ['ingest'],
  nodemailer: ['alerting'],
  pino: ['platform'],
  'prom-client': ['platform'],
  typebox: ['base', 'ingest', 'alerting', 'api'],
  ws: ['consumers', 'api'],
  yaml: ['cli'],
};

/**
 * The same for the web interface: package → folders of web/src that may import it, `*` for all. Besides it may import
 * `browserFolders` of src/, and no `node:*`.
 */
export const interfacePackages: Readonly<Record<string, readonly string[]>> = {
  '@codemirror/autocomplete': ['query-editor'],
  '@codemirror/commands': ['query-editor'],
  '@codemirror/language': ['query-editor'],
  '@codemirror/lint': ['query-editor'],
  '@codemirror/state': ['query-editor'],
  '@codemirror/view': ['query-editor'],
  '@lezer/highlight': ['query-editor'],
  '@tanstack/react-query': ['*'],
  '@tanstack/react-virtual': ['log-list', 'pages'],
  react: ['*'],
  'react-dom': ['main.tsx', 'app'],
  uplot: ['design'],
};

/** Packages that build, and that no code of ours imports where it runs. */
export const buildPackages: readonly string[] = ['node', 'vite'];

/** Packages that only tests, benches and scripts use. */
export const testPackages: readonly string[] = ['@clickhouse/client', '@grpc/grpc-js', '@opentelemetry/otlp-transformer', 'fast-check'];

export interface BannedCall {
  readonly pattern: RegExp;
  readonly what: string;
  readonly instead: string;
  /** Files or folders of src/ that may. */
  readonly allowed: readonly string[];
}

/** Calls that belong to one place. Tests and benches are free. */
export const bannedCalls: readonly BannedCall[] = [
  {
    pattern: /from 'node:zlib'|import\('node:zlib'\)/,
    what: 'node:zlib',
    instead: '#platform/decompress.ts, which caps the decompressed size and reads all members',
    // the log compresses its own frames; the engine process has no other part of Millrace in it, and streams its bodies
    allowed: ['platform/decompress.ts', 'platform/decompress-stream.ts', 'log/wal/', 'engine/child/', 'cli/demo/'],
  },
  {
    pattern: /\bprocess\.env\b/,
    what: 'process.env',
    instead: 'a setting (cli/config-load.ts reads the environment)',
    // a child process is given the environment of its parent
    allowed: ['cli/main.ts', 'engine/engine-process.ts'],
  },
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)/,
    what: 'the wall clock',
    instead: 'an injected Clock (#platform/clock.ts)',
    allowed: ['platform/clock.ts', 'engine/child/'],
  },
  {
    pattern: /\bMath\.random\(/,
    what: 'Math.random',
    instead: 'an injected source of randomness, or node:crypto for anything that must not be guessed',
    allowed: ['engine/child/'],
  },
  {
    pattern: /\bconsole\.\w+\(/,
    what: 'console',
    instead: 'an injected Logger (#platform/logger.ts)',
    allowed: ['cli/'],
  },
];

export const bannedFileNames: readonly string[] = ['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types'];

export const maxSourceLines = 400;
export const maxTestLines = 800;

/** Files over the bound, with the lines they have now: this list may only shrink. */
export const oversizedFiles: Readonly<Record<string, number>> = {};
