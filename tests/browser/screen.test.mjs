// Screens and browsers as they come: pixel ratios that change, GPUs that draw little, tabs that slept.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stage } from './harness.mjs';

const { newContext, server } = await stage();

const canvasOf = (page) => page.evaluate(() => [document.querySelector('canvas').width, document.querySelector('canvas').height]);

/** Opens the page in a browser that something is taken from before any script runs. */
async function openWithout(prepare, query, options = {}) {
  const context = await newContext({ viewport: { width: 800, height: 600 }, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.addInitScript(prepare);
  await page.goto(`${server.url}/floe/${query}`);
  await page.waitForFunction(() => window.floe !== undefined);
  await page.evaluate(() => window.floe.idle());
  return { page, errors, close: () => context.close() };
}

/** Takes the place of the screen: `setRatio` moves the window to another one. Emulation tells no listener of that. */
function playScreen(isOld) {
  let ratio = 1;
  let heard = new Set();
  Object.defineProperty(window, 'devicePixelRatio', { get: () => ratio });
  const ask = window.matchMedia.bind(window);
  window.matchMedia = (query) => {
    if (!query.includes('dppx')) return ask(query);
    const own = (heard = new Set());
    const [add, remove] = [(listener) => own.add(listener), (listener) => own.delete(listener)];
    if (isOld) return { addListener: add, removeListener: remove };
    return { addEventListener: (_, listener) => add(listener), removeEventListener: (_, listener) => remove(listener) };
  };
  window.setRatio = (to) => {
    ratio = to;
    for (const listener of heard) listener();
  };
  if (isOld) delete ResizeObserverEntry.prototype.devicePixelContentBoxSize;
}

for (const isOld of [false, true]) {
  test(`a pixel ratio that changes alone is followed${isOld ? ' in an old Safari as well' : ''}`, async () => {
    const { page, errors, close } = await openWithout(`(${playScreen})(${isOld})`, '?z=2');
    assert.deepEqual(await canvasOf(page), [800, 600]);
    for (const [ratio, width, height] of [[2, 1600, 1200], [1.5, 1200, 900]]) {
      await page.evaluate((ratio) => window.setRatio(ratio), ratio);
      await page.waitForFunction((width) => document.querySelector('canvas').width === width, width);
      await page.evaluate(() => window.floe.idle());
      assert.deepEqual(await canvasOf(page), [width, height]);
    }
    assert.deepEqual(errors, []);
    await close();
  });
}

test('on a screen with more pixels than the GPU draws the map is coarser, and complete', async () => {
  const { page, errors, close } = await openWithout(
    () => {
      const ask = WebGL2RenderingContext.prototype.getParameter;
      WebGL2RenderingContext.prototype.getParameter = function (name) {
        return name === this.MAX_RENDERBUFFER_SIZE ? 1024 : ask.call(this, name);
      };
    },
    '?z=2',
    { deviceScaleFactor: 2 },
  );
  assert.deepEqual(await canvasOf(page), [1024, 768]);
  assert.deepEqual(errors, []);
  assert.equal(await page.evaluate(() => window.floe.error), null);
  await close();
});

test('2400 x 2400 at four pixels a point has a base map', async () => {
  const { page, errors, close } = await openWithout(() => {}, '?z=1', { viewport: { width: 2400, height: 2400 }, deviceScaleFactor: 4 });
  const [width, height] = await canvasOf(page);
  assert.ok(width === height && width > 4000 && width <= 8192, `${width} x ${height}`);
  assert.deepEqual(errors, []);
  await close();
});

test('workers that all ended while the tab slept are started anew within 20 s, decoders too', async () => {
  const { page, close } = await openWithout(() => {
    window.allWorkers = [];
    window.Worker = class extends Worker {
      constructor(...options) {
        super(...options);
        window.allWorkers.push(this);
      }
    };
  }, '?z=2');
  await page.waitForFunction(() => window.allWorkers.length === 2);
  await page.evaluate(() => window.allWorkers.forEach((worker) => worker.terminate()));
  const began = Date.now();
  await page.evaluate(() => floe.setView({ lon: 10, lat: 45, zoom: 6 }));
  await page.waitForFunction(() => window.allWorkers.length > 2);
  assert.ok(Date.now() - began < 20_000, `${Date.now() - began} ms`);
  await page.evaluate(() => floe.idle());
  assert.equal(await page.evaluate(() => floe.error), null);
  const { values } = await page.evaluate(() => floe.inspect(10.005, 45.005));
  assert.ok(values.avg_daytime_lst[2022] > 200, JSON.stringify(values));
  await close();
});
