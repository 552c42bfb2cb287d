// A proxy before the file server that counts what a page asks for, compresses code as a static host
// would, and plays a slow line. What the server sends cannot be miscounted: a browser's own figures
// leave workers out, and so does its emulation of slow networks in some versions.

import { createServer, request as forward } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const compressible = /^(text\/|application\/(json|javascript|wasm))|svg/;
const PIECE = 16 << 10;

/** Reads a whole answer from the server behind. */
function fetchFrom(upstream, request) {
  return new Promise((done, failed) => {
    const url = new URL(request.url, upstream);
    forward(url, { method: request.method, headers: request.headers }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('error', failed);
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }));
    })
      .on('error', failed)
      .end();
  });
}

/**
 * Starts the proxy.
 * @param {string} upstream address of the file server
 * @param {string} data path below which the store lies; everything else is code
 */
export async function countRequests(upstream, data) {
  let log = [];
  let line = null;
  /** When the line is free again, in ms. */
  let free = 0;
  /** Compressed code; its cost would be a static host's, once, and is not the page's. */
  const compressed = new Map();

  async function send(response, body) {
    if (line === null) {
      response.end(body);
      return;
    }
    for (let first = 0; first < body.length; first += PIECE) {
      const piece = body.subarray(first, first + PIECE);
      free = Math.max(free, performance.now()) + (piece.length / line.bytesPerSecond) * 1000;
      await sleep(free - performance.now());
      if (response.destroyed) return;
      response.write(piece);
    }
    response.end();
  }

  async function answer(request, response) {
    const [path] = request.url.split('?');
    const began = performance.now();
    const { status, headers, body } = await fetchFrom(upstream, request);
    const isData = path.startsWith(data);
    let sent = body;
    if (status === 200 && !isData && compressible.test(headers['content-type'] ?? '')) {
      const key = `${path} ${headers.etag}`;
      if (!compressed.has(key)) compressed.set(key, gzipSync(body, { level: 9 }));
      sent = compressed.get(key);
      headers['content-encoding'] = 'gzip';
      headers['content-length'] = String(sent.length);
    }
    log.push({ path, isData, status, bytes: sent.length });
    if (line !== null) await sleep(Math.max(0, began + line.latency - performance.now()));
    response.writeHead(status, headers);
    await send(response, sent);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      console.error(`${request.url}: ${error.message}`);
      response.destroy();
    });
  });
  await new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Forgets what was counted so far. */
    reset() {
      log = [];
    },
    /** Requests and bytes of the store, and bytes of code, since the last reset. */
    count() {
      const of = (isData) => log.filter((entry) => entry.isData === isData);
      const bytes = (entries) => entries.reduce((sum, entry) => sum + entry.bytes, 0);
      return { requests: of(true).length, bytes: bytes(of(true)), codeBytes: bytes(of(false)), paths: [...log] };
    },
    /** `{latency: ms, bytesPerSecond}`, or null for as fast as it goes. */
    slow(to) {
      line = to;
    },
    close: () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  };
}
