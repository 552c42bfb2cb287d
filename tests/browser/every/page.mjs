// The page as a visitor of any engine has it. FLOE_BROWSER says which engine; one process of it serves all tests.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { site, stores } from '../harness.mjs';
import { PATIENCE } from '../patience.mjs';
import { picture } from '../picture.mjs';
import { faultyServer } from './faults.mjs';

export const name = process.env.FLOE_BROWSER ?? 'chromium';

const { start } = await import(`../engines/${name}.mjs`);
const engine = await start();
/** The page and the world store, and what a test lets go wrong between them and the browser. */
export const server = await faultyServer(await site({ '/other/': join(stores, 'world/store') }));
/** Ends engine and server. */
export async function finish() {
  console.log(`engine: ${name} ${engine.version}`);
  await engine.close();
  await server.close();
}

/**
 * Opens the page and waits until it is there.
 * @param {object} options `query` of the address; `width`, `height`, `touch`; `prepare`, a function that runs before any
 *   script of the page (not in WebKit); `expectErrors` lets the console complain; `wait` false comes back at once
 */
export async function visit({ query = '', path = '/floe/', width = 1000, height = 700, touch = false, prepare, expectErrors = false, wait = true } = {}) {
  const tab = await engine.tab({ width, height, touch, prepare });
  const page = {
    ...tab,
    /** Waits until a function of the page gives something. */
    async until(task, ...args) {
      for (const end = Date.now() + PATIENCE; ; await sleep(100)) {
        // Between two pages there is none that answers.
        const found = await tab.evaluate(task, ...args).catch((error) => ({ error }));
        if (found && !found.error) return found;
        if (Date.now() > end) {
          throw new Error(`waited ${PATIENCE} ms in ${name} for ${task} ${JSON.stringify(args)}`, { cause: found?.error });
        }
      }
    },
    /** Waits until everything is drawn. */
    idle: () => tab.evaluate(() => window.floe.idle()),
    error: () => tab.evaluate(() => window.floe.error),
    /** Calls a method of window.floe. */
    floe: (method, ...args) => tab.evaluate((method, args) => window.floe[method](...args), method, args),
    query: async () => new URLSearchParams(await tab.evaluate(() => location.search)),
    /** Waits until a text is somewhere on the page. */
    reads: (text) => page.until((text) => document.body?.textContent.includes(text), text),
    /** The middle of the first element that a selector finds. */
    place: (selector) =>
      page.until((selector) => {
        const box = document.querySelector(selector)?.getBoundingClientRect();
        return box && box.width > 0 && [box.x + box.width / 2, box.y + box.height / 2];
      }, selector),
    async clickOn(selector) {
      await tab.click(...(await page.place(selector)));
    },
    /** The colours at places of the screen: what the visitor sees. */
    async colours(points) {
      const { at, width } = picture(await tab.screenshot());
      const share = width / (await tab.evaluate(() => innerWidth));
      return points.map(([x, y]) => at(Math.round(x * share), Math.round(y * share)));
    },
    async close() {
      await tab.close();
      if (!expectErrors) assert.deepEqual(tab.complaints, [], 'the console shows no error');
    },
  };
  await tab.goto(`${server.url}${path}${query}`);
  if (wait) await page.until(() => window.floe !== undefined);
  return page;
}
