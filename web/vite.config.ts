/** How the interface is built into web/dist, and served while it is developed (`npm run web`, with a server on MILLRACE_URL). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

/** Below this a compressed answer saves nothing: it fits one packet anyway. */
const smallestBytes = 1024;
const compressible = /\.(js|css|html|svg|json|map)$/;

/** Writes `.br` and `.gz` beside every file that shrinks by it, so that the server only hands out bytes. */
function precompressed(): Plugin {
  let directory = '';
  return {
    name: 'millrace-precompressed',
    apply: 'build',
    configResolved: ({ root, build }) => {
      directory = resolve(root, build.outDir);
    },
    closeBundle: () => {
      for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
        // the page itself gets a nonce with every answer
        if (!compressible.test(name) || name.endsWith('.html')) continue;
        const bytes = readFileSync(join(directory, name));
        if (bytes.length < smallestBytes) continue;
        const brotli = brotliCompressSync(bytes, {
          params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
        });
        if (brotli.length < bytes.length) writeFileSync(join(directory, `${name}.br`), brotli);
        const gzip = gzipSync(bytes, { level: 9 });
        if (gzip.length < bytes.length) writeFileSync(join(directory, `${name}.gz`), gzip);
      }
    },
  };
}

const server = process.env.MILLRACE_URL ?? 'http://127.0.0.1:4880';

export default defineConfig({
  root: import.meta.dirname,
  // `#language/…` is found through "imports" of package.json, as in the server
  html: { cspNonce: 'MILLRACE_NONCE' },
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  esbuild: { jsx: 'automatic' },
  plugins: [precompressed()],
  build: {
    target: ['chrome123', 'firefox120', 'safari17.5'],
    outDir: 'dist',
    emptyOutDir: true,
    // a data: address in a style is not allowed by the page's policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      onwarn: (warning, warn) => {
        // "use client" means nothing without a server that renders
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: {
    strictPort: true,
    port: 5173,
    proxy: Object.fromEntries(['/v1', '/api', '/health', '/metrics', '/openapi.json'].map((path) => [path, { target: server, ws: true }])),
  },
});
