// The reader begins before the page has started.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { countRequests } from '../../bench/map/counter.mjs';
import { copyOfWorld, stage } from './harness.mjs';
import { PATIENCE } from './patience.mjs';

const STORE = '/floe/store/';
/** Asking for nothing for so long means, even on a machine that is busy, that nothing more is asked for; in ms. */
const REST = 2000;

const other = copyOfWorld();
after(() => other.remove());
const { newContext, server } = await stage({ '/floe/other/': other.directory });
const counter = await countRequests(server.url, STORE);
after(() => counter.close());

/** Opens the page, and holds its start back until it is released; the worker starts the same module meanwhile. */
async function openHeld(query) {
  counter.reset();
  const context = await newContext({ viewport: { width: 800, height: 600 }, deviceScaleFactor: 2 });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const { instantiate } = WebAssembly;
    const held = new Promise((resolve) => (window.release = resolve));
    WebAssembly.instantiate = async (...args) => {
      await held;
      return instantiate.apply(WebAssembly, args);
    };
  });
  await page.goto(`${counter.url}/floe/?${query}`, { waitUntil: 'commit' });
  await rest();
  return {
    page,
    close: () => context.close(),
    async release() {
      assert.equal(await page.evaluate(() => window.floe), undefined);
      await page.evaluate(() => window.release());
      await page.waitForFunction(() => window.floe !== undefined);
      await page.evaluate(() => window.floe.idle());
      assert.equal(await page.evaluate(() => window.floe.error), null);
    },
  };
}

/** Objects of the store that were asked for so far, in no particular order. */
const asked = () =>
  counter
    .count()
    .paths.filter(({ isData }) => isData)
    .map(({ path }) => path)
    .sort();

/** Waits until nothing has been asked for a while, and something has. */
async function rest() {
  const until = Date.now() + PATIENCE;
  for (let known = -1; ; ) {
    await sleep(REST);
    const count = asked().length;
    if (count > 0 && count === known) return;
    known = count;
    assert.ok(Date.now() < until, `still asking after ${PATIENCE} ms, ${count} objects`);
  }
}

for (const [view, isSmall] of [
  ['lon=10&lat=45&z=5', true],
  ['proj=globe&lon=-60&lat=-10&z=5&var=max_daytime_lst', true],
  // The chunks of the test's store are small: more of them than are read ahead.
  ['year=2021&z=1', false],
]) {
  test(`what the view ${view} takes is read before the page has started, and nothing twice`, async () => {
    const { release, close } = await openHeld(view);
    const foreseen = asked();
    assert.ok(foreseen.some((path) => path.includes('/chunks/')), foreseen.join(' '));
    await release();
    const all = asked();
    assert.equal(new Set(all).size, all.length, 'each object is asked for once');
    const late = all.filter((path) => !foreseen.includes(path));
    assert.equal(late.length === 0, isSmall, `asked for by the page: ${late.length} of ${all.length}`);
    await close();
  });
}

test('on a slow line, too, nothing is asked for twice, and what is under way goes on when the page asks', async () => {
  counter.reset();
  counter.slow({ latency: 60, bytesPerSecond: 2e5 });
  const context = await newContext({ viewport: { width: 800, height: 600 }, deviceScaleFactor: 2 });
  const page = await context.newPage();
  await page.goto(`${counter.url}/floe/?lon=10&lat=45&z=3`);
  await page.waitForFunction(() => window.floe !== undefined);
  await page.evaluate(() => window.floe.idle());
  assert.equal(await page.evaluate(() => window.floe.error), null);
  const all = asked();
  assert.ok(all.filter((path) => path.includes('/chunks/')).length > 3, all.join(' '));
  const again = all.filter((path, index) => path === all[index - 1]);
  assert.deepEqual(again, []);
  counter.slow(null);
  await context.close();
});

test('what was begun of one store is dropped when the page asks for another', async () => {
  const { page, release, close } = await openHeld('lon=10&lat=45&z=5');
  await page.evaluate(() => history.replaceState(null, '', '?lon=10&lat=45&z=5&store=./other'));
  await release();
  const others = counter.count().paths.filter(({ path }) => path.startsWith('/floe/other/chunks/'));
  assert.ok(others.length > 0, 'the other store is read');
  const { values } = await page.evaluate(() => window.floe.inspect(10.005, 45.005));
  assert.ok(values.avg_daytime_lst[2022] > 200, JSON.stringify(values));
  await close();
});

test('what page and workers have in common is asked for once, and the page\'s part after it', async () => {
  const context = await newContext();
  const page = await context.newPage();
  const modules = [];
  let release;
  const held = new Promise((resolve) => (release = resolve));
  // Also what workers ask for.
  await context.route('**/*.wasm', async (route) => {
    modules.push(/_(\w+)\.wasm$/.exec(route.request().url())[1]);
    if (modules.length === 1) await held;
    await route.continue();
  });
  await page.goto(`${server.url}/floe/`, { waitUntil: 'commit' });
  await sleep(1000);
  assert.deepEqual(modules, ['bg']);
  release();
  await page.waitForFunction(() => window.floe !== undefined && document.querySelector('.panel'));
  await page.evaluate(() => floe.setView({ lon: 10, lat: 45, zoom: 6 }));
  await page.evaluate(() => floe.idle());
  assert.equal(page.workers().length, 2);
  assert.deepEqual(modules, ['bg', 'page']);
  await context.close();
});

test('where the module cannot be compiled for all, page and workers fetch it themselves', async () => {
  const context = await newContext();
  const page = await context.newPage();
  let asked = 0;
  await context.route('**/*.wasm', async (route) => {
    asked += 1;
    // The first time the one, then the other.
    await (asked < 3 ? route.abort() : route.continue());
  });
  await page.goto(`${server.url}/floe/`);
  await page.waitForFunction(() => window.floe !== undefined);
  await page.evaluate(() => floe.idle());
  assert.equal(await page.evaluate(() => floe.error), null);
  assert.ok(asked > 4, `${asked}`);
  await context.close();
});

for (const [what, file] of [['the module that its workers need as well', '_bg'], ['its own part, although the reader works', '_page']]) {
  test(`a page without ${what}, says so`, async () => {
    const context = await newContext();
    const page = await context.newPage();
    await context.route(`**/*${file}.wasm`, (route) => route.abort());
    await page.goto(`${server.url}/floe/`);
    await page.getByRole('alert').getByText(/could not be loaded: a part of this page is missing/).waitFor();
    await context.close();
  });
}
