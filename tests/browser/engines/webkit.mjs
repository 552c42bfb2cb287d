// WebKit, by WebDriver: the MiniBrowser of WebKitGTK, on a screen of Xvfb. The protocol is a dozen requests of JSON, for
// which no client is needed. What the engine prints to its console cannot be had this way.

import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { PATIENCE } from '../patience.mjs';
import { display, start as startProgram } from './display.mjs';
import { tapped } from './finger.mjs';

/** WebDriver's code points of keys that write nothing: https://www.w3.org/TR/webdriver2/#keyboard-actions. */
const KEYS = {
  Tab: '\uE004', Enter: '\uE007', Escape: '\uE00C', PageUp: '\uE00E', PageDown: '\uE00F', End: '\uE010', Home: '\uE011',
  ArrowLeft: '\uE012', ArrowUp: '\uE013', ArrowRight: '\uE014', ArrowDown: '\uE015',
};

/** Debian and Ubuntu keep MiniBrowser under the machine's architecture. */
function miniBrowser() {
  for (const directory of readdirSync('/usr/lib').filter((name) => name.includes('linux-gnu'))) {
    const path = `/usr/lib/${directory}/webkit2gtk-4.1/MiniBrowser`;
    if (existsSync(path)) return path;
  }
  throw new Error('there is no MiniBrowser of webkit2gtk-4.1 below /usr/lib: run script/bootstrap services');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

export async function start() {
  const screen = await display();
  const port = await freePort();
  const env = { ...screen.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' };
  const driver = await startProgram('WebKitWebDriver', [`--port=${port}`], ['ignore', 'ignore', 'ignore'], null, env);

  async function command(method, path, body) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  async function listening() {
    for (const until = Date.now() + PATIENCE; ; await sleep(100)) {
      try {
        return await command('GET', '/status');
      } catch (error) {
        if (Date.now() > until) throw error;
      }
    }
  }

  await listening();
  const options = { binary: miniBrowser(), args: ['--automation'] };
  const { sessionId, capabilities } = await command('POST', '/session', {
    // Whoever opens a page says what is to be waited for: one whose module never comes never loads.
    capabilities: { alwaysMatch: { pageLoadStrategy: 'none', 'webkitgtk:browserOptions': options } },
  });
  const session = (method, path, body) => command(method, `/session/${sessionId}${path}`, body);
  await session('POST', '/timeouts', { script: PATIENCE, pageLoad: PATIENCE });

  const act = async (...sources) => {
    await session('POST', '/actions', { actions: sources });
    await session('DELETE', '/actions');
  };
  const evaluate = async (task, ...args) => {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve((${task})(...${JSON.stringify(args)})).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await session('POST', '/execute/async', { script, args: [] });
    if (error) throw new Error(error);
    return value;
  };
  const keys = (text) =>
    act({ type: 'key', id: 'keys', actions: [...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]) });
  const click = (x, y) =>
    act({
      type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' },
      actions: [
        { type: 'pointerMove', duration: 0, x: Math.round(x), y: Math.round(y) },
        { type: 'pointerDown', button: 0 },
        { type: 'pause', duration: 30 },
        { type: 'pointerUp', button: 0 },
      ],
    });
  const goto = async (url) => {
    await evaluate(() => (window.isLeft = true));
    await session('POST', '/url', { url });
    for (const until = Date.now() + PATIENCE; Date.now() < until; await sleep(50)) {
      // Between two pages there is none that answers.
      if (await evaluate(() => !window.isLeft).catch(() => false)) return;
    }
    throw new Error(`${url} did not come within ${PATIENCE} ms`);
  };
  // A window is larger than the page in it, by the browser's bars.
  const resize = async (width, height) => {
    const size = () => evaluate(() => [innerWidth, innerHeight]);
    const rect = await session('GET', '/window/rect');
    const [inner, outer] = await size();
    await session('POST', '/window/rect', { x: 0, y: 0, width: rect.width + width - inner, height: rect.height + height - outer });
    for (const until = Date.now() + PATIENCE; Date.now() < until; await sleep(50)) {
      const [across, down] = await size();
      if (across === width && down === height) return;
    }
    throw new Error(`the window has ${await size()} after it was given ${width}, ${height}`);
  };
  return {
    version: capabilities.browserVersion,
    async tab({ width, height }) {
      await goto('about:blank');
      await resize(width, height);
      return {
        complaints: [],
        goto,
        evaluate,
        screenshot: async () => Buffer.from(await session('GET', '/screenshot'), 'base64'),
        resize,
        click,
        tap: (x, y) => evaluate(tapped, x, y),
        press: (key) => keys(KEYS[key] ?? key),
        type: keys,
        close: () => goto('about:blank'),
      };
    },
    async close() {
      await session('DELETE', '').catch(() => {});
      await driver.stop();
      await screen.stop();
    },
  };
}
