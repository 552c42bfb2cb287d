// Firefox, by WebDriver BiDi, which it speaks itself (puppeteer-core: Playwright drives only a Firefox of its own). On a
// screen of Xvfb, since without one it has no WebGL2 in software.

import { setTimeout as sleep } from 'node:timers/promises';

import puppeteer from 'puppeteer-core';

import { PATIENCE } from '../patience.mjs';
import { display } from './display.mjs';
import { tapped } from './finger.mjs';

export async function start() {
  const screen = await display();
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FLOE_FIREFOX ?? 'firefox-esr',
    headless: false,
    env: screen.env,
    protocolTimeout: PATIENCE,
    extraPrefsFirefox: { 'ui.prefersReducedMotion': 1, 'webgl.force-enabled': true },
  });
  return {
    version: (await browser.version()).replace(/^firefox\//i, ''),
    async tab({ width, height, prepare }) {
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      const complaints = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      if (prepare) await page.evaluateOnNewDocument(prepare);
      return {
        complaints,
        async goto(url) {
          // Whoever opens a page says what is to be waited for: one whose module never comes never loads.
          page.goto(url).catch(() => {});
          for (const until = Date.now() + PATIENCE; Date.now() < until; await sleep(50)) {
            // Between two pages there is none that answers.
            if (await page.evaluate('location.href').then((now) => now !== 'about:blank', () => false)) return;
          }
          throw new Error(`${url} did not come within ${PATIENCE} ms`);
        },
        evaluate: (task, ...args) => page.evaluate(`(${task})(...${JSON.stringify(args)})`),
        screenshot: async () => Buffer.from(await page.screenshot()),
        resize: (width, height) => page.setViewport({ width, height }),
        click: (x, y) => page.mouse.click(x, y),
        tap: (x, y) => page.evaluate(`(${tapped})(${x}, ${y})`),
        press: (key) => page.keyboard.press(key),
        type: (text) => page.keyboard.type(text),
        close: () => page.close(),
      };
    },
    async close() {
      await browser.close();
      await screen.stop();
    },
  };
}
