// Bundles the peer's page as its makers advise: minified, its codecs loaded when they are first needed.
//
//     node build-peer.mjs DIRECTORY

import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const outdir = resolve(process.argv[2] ?? join(here, 'dist'));
mkdirSync(outdir, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: ['peer/main.js', { in: 'maplibre-gl/dist/maplibre-gl.css', out: 'main' }],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  minify: true,
  target: 'es2022',
  logLevel: 'warning',
});
copyFileSync(join(here, 'peer/index.html'), join(outdir, 'index.html'));
copyFileSync(join(here, 'node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs'), join(outdir, 'maplibre-gl-worker.js'));
