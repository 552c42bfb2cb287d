// A static file server for the page and a local store, as object storage would serve them: byte
// ranges, ETags and CORS. For the demo and the tests; it listens on this machine only.
//
//     node script/serve.mjs [--port PORT] /=dist /store/=data/demo/store
//
// Each argument mounts a directory at a path. Prints the address once it listens.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/**
 * Finds the file for a request path under the longest mount that fits; undefined where there is none.
 * @param {Record<string, string>} mounts path (with a slash at its end) to directory
 */
function fileFor(pathname, mounts) {
  const mount = Object.keys(mounts)
    .filter((path) => pathname.startsWith(path))
    .sort((a, b) => b.length - a.length)[0];
  if (mount === undefined) return undefined;
  const directory = resolve(mounts[mount]);
  const relative = pathname.slice(mount.length);
  const file = resolve(directory, relative.endsWith('/') || relative === '' ? join(relative, 'index.html') : relative);
  return file.startsWith(directory + sep) ? file : undefined;
}

/** `bytes=a-b`, `bytes=a-` or `bytes=-n` as inclusive [first, last]; undefined for anything else; null when outside. */
function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const first = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return first <= last && first < size ? [first, last] : null;
}

async function answer(request, response, mounts) {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Expose-Headers', 'ETag, Content-Length, Content-Range, Accept-Ranges');
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD');
    response.setHeader('Access-Control-Allow-Headers', 'Range, If-None-Match');
    response.writeHead(204).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405).end();
    return;
  }
  const file = fileFor(decodeURIComponent(new URL(request.url, 'http://localhost').pathname), mounts);
  const found = file && (await stat(file).catch(() => undefined));
  if (!found?.isFile()) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found\n');
    return;
  }
  const etag = `"${found.size.toString(16)}-${found.mtimeMs.toString(16)}"`;
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('ETag', etag);
  // The same address may hold other bytes a moment later: a rebuilt page, a new commit.
  response.setHeader('Cache-Control', 'no-cache');
  response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream');
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  const range = parseRange(request.headers.range, found.size);
  if (range === null) {
    response.writeHead(416, { 'Content-Range': `bytes */${found.size}` }).end();
    return;
  }
  const [first, last] = range ?? [0, found.size - 1];
  response.setHeader('Content-Length', last - first + 1);
  if (range) response.setHeader('Content-Range', `bytes ${first}-${last}/${found.size}`);
  response.writeHead(range ? 206 : 200);
  if (request.method === 'HEAD' || found.size === 0) {
    response.end();
    return;
  }
  // A file that changes while it is sent breaks the connection, as a store would.
  createReadStream(file, { start: first, end: last })
    .on('error', () => response.destroy())
    .pipe(response);
}

/**
 * Starts a server; port 0 takes any free one.
 * @param {Record<string, string>} mounts path (with a slash at its end) to directory
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export async function serve(mounts, { port = 0 } = {}) {
  const server = createServer((request, response) => {
    answer(request, response, mounts).catch((error) => {
      console.error(`serve: ${request.method} ${request.url}: ${error.message}`);
      response.destroy();
    });
  });
  await new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', listening);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { port: { type: 'string', default: '0' } },
    allowPositionals: true,
  });
  const mounts = {};
  for (const mount of positionals) {
    const [, path, directory] = /^(\/|\/.*\/)=(.+)$/.exec(mount) ?? [];
    if (!path) throw new Error(`expected /PATH/=DIRECTORY, found ${mount}`);
    mounts[path] = directory;
  }
  const { url } = await serve(mounts, { port: Number(values.port) });
  console.log(url);
}
