// A server between browser and files that lets requests fail as networks and stores do: in any browser alike.

import { createServer, request as forward } from 'node:http';

/**
 * Puts itself before another server.
 * @param {{url: string, close: () => Promise<void>}} upstream
 */
export async function faultyServer(upstream) {
  /** Given the path of a request it says what becomes of it: nothing wrong, `drop`, `stall`, or a status. */
  let fault = () => undefined;
  const server = createServer((request, response) => {
    const [path] = request.url.split('?');
    const wrong = fault(path);
    if (wrong === 'stall') return;
    if (wrong === 'drop') {
      request.socket.destroy();
      return;
    }
    if (wrong) {
      // Whether browsers keep refusals is a matter of the store's reader, which has tests of its own.
      response.writeHead(wrong, { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' }).end();
      return;
    }
    const behind = forward(new URL(request.url, upstream.url), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    behind.on('error', () => response.destroy());
    request.pipe(behind);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** What becomes of requests from now on; without an argument all is well. */
    let(decide = () => undefined) {
      fault = decide;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await upstream.close();
    },
  };
}
