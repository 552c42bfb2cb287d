// Chromium, by Playwright: headless, with WebGL2 in software.

import { launch, newContext } from '../harness.mjs';

const modifiers = { touch: { isMobile: true, hasTouch: true } };

export async function start() {
  const browser = await launch();
  return {
    version: browser.version(),
    async tab({ width, height, touch = false, prepare }) {
      const options = { viewport: { width, height }, reducedMotion: 'reduce', ...(touch ? modifiers.touch : {}) };
      const context = await newContext(browser, options);
      const page = await context.newPage();
      const complaints = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      if (prepare) await page.addInitScript(prepare);
      return {
        complaints,
        goto: (url) => page.goto(url, { waitUntil: 'commit' }),
        evaluate: (task, ...args) => page.evaluate(`(${task})(...${JSON.stringify(args)})`),
        screenshot: () => page.screenshot(),
        resize: (width, height) => page.setViewportSize({ width, height }),
        click: (x, y) => page.mouse.click(x, y),
        tap: (x, y) => page.touchscreen.tap(x, y),
        press: (key) => page.keyboard.press(key),
        type: (text) => page.keyboard.type(text),
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}
