// What the browser tests share: one Chromium, a server of page and stores, and a page that fails its
// test when the console shows an error.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

import { chromium } from 'playwright-core';

import { serve } from '../../script/serve.mjs';
import { PATIENCE } from './patience.mjs';
import { picture } from './picture.mjs';

/** A variable of the environment that tests/browser/run has set. */
function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the tests with script/test browser`);
  return value;
}

export const dist = required('FLOE_DIST');
export const stores = required('FLOE_TEST_STORES');

/** What `floe status --json` says of the world store. */
export function worldStatus() {
  return JSON.parse(readFileSync(join(stores, 'world/status.json'), 'utf8'));
}

/** What tests/browser/values.py says of the world store. */
export function storedValues() {
  return JSON.parse(readFileSync(join(stores, 'world/values.json'), 'utf8'));
}

/** A copy of the world store that a test may damage. */
export function copyOfWorld() {
  const directory = mkdtempSync(join(tmpdir(), 'floe-store-'));
  cpSync(join(stores, 'world/store'), directory, { recursive: true });
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Starts the browser: WebGL2 in software, nothing from the network. */
export function launch() {
  return chromium.launch({
    executablePath: required('FLOE_CHROMIUM'),
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
    ],
  });
}

/** Serves the page under a sub-path, as GitHub Pages does, and stores beside it. */
export function site(mounts = {}) {
  return serve({ '/floe/': dist, '/floe/store/': join(stores, 'world/store'), ...mounts });
}

/**
 * What the tests of a file share: a browser, and the page with its stores; they end after the last test.
 * @param {object} mounts what is served besides, by path
 * @returns `browser`, `server`; `visit(options)`, which opens the page as `open` does; `newContext(options)` of the browser
 */
export async function stage(mounts = {}) {
  const [browser, server] = await Promise.all([launch(), site(mounts)]);
  after(async () => {
    await browser.close();
    await server.close();
  });
  return {
    browser,
    server,
    visit: (options) => open(browser, server.url, options),
    newContext: (options) => newContext(browser, options),
  };
}

/** A context of a browser that is as patient as tests are. */
export async function newContext(browser, options) {
  const context = await browser.newContext(options);
  // Also of navigation.
  context.setDefaultTimeout(PATIENCE);
  return context;
}

/**
 * Opens the page and waits until it is there.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url of the server
 * @param {object} options `query` of the page's address, `expectErrors` to let the console complain,
 *   the rest goes to the browser's context
 */
export async function open(browser, url, { query = '', expectErrors = false, path = '/floe/', ...options } = {}) {
  const context = await newContext(browser, { viewport: { width: 1000, height: 700 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${url}${path}${query}`);
  await page.waitForFunction(() => window.floe !== undefined);
  return {
    page,
    /** Waits until everything is drawn. */
    idle: () => page.evaluate(() => window.floe.idle()),
    error: () => page.evaluate(() => window.floe.error),
    /** Calls a method of window.floe. */
    floe: (name, ...parameters) =>
      page.evaluate(([name, parameters]) => window.floe[name](...parameters), [name, parameters]),
    query: () => new URL(page.url()).searchParams,
    async close() {
      await context.close();
      if (!expectErrors) assert.deepEqual(complaints, [], 'the console shows nothing');
    },
  };
}

/**
 * The colour of the map at places of the screen, from a screenshot: what the visitor sees.
 * @returns {Promise<number[][]>} red, green, blue of each point
 */
export async function colours(page, points) {
  const { at } = picture(await page.screenshot());
  return points.map(([x, y]) => at(Math.round(x), Math.round(y)));
}
