// The reader begins before the page's own module is there.

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

/** Opens the page, and holds its module back until it is released. */
async function openHeld(query) {
  counter.reset();
  const context = await newContext({ viewport: { width: 800, height: 600 }, deviceScaleFactor: 2 });
  const page = await context.newPage();
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/floe-viewer-*_bg.wasm', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${counter.url}/floe/?${query}`, { waitUntil: 'commit' });
  await rest();
  return {
    page,
    close: () => context.close(),
    async release() {
      release();
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
  test(`what the view ${view} takes is read while the module is on its way, and nothing twice`, async () => {
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

test('the page asks for its module once the worker has its own, of which both workers need only one', async () => {
  const context = await newContext();
  const page = await context.newPage();
  const modules = [];
  let release;
  const held = new Promise((resolve) => (release = resolve));
  // Also what workers ask for.
  await context.route('**/*.wasm', async (route) => {
    const [name] = /floe-(viewer|worker)/.exec(route.request().url());
    modules.push(name);
    if (name === 'floe-worker') await held;
    await route.continue();
  });
  await page.goto(`${server.url}/floe/`, { waitUntil: 'commit' });
  for (const until = Date.now() + PATIENCE; modules.length === 0 && Date.now() < until; ) await sleep(100);
  await sleep(1000);
  assert.deepEqual(modules, ['floe-worker']);
  release();
  await page.waitForFunction(() => window.floe !== undefined && document.querySelector('.panel'));
  await page.evaluate(() => floe.setView({ lon: 10, lat: 45, zoom: 6 }));
  await page.evaluate(() => floe.idle());
  assert.equal(page.workers().length, 2);
  assert.deepEqual(modules, ['floe-worker', 'floe-viewer']);
  await context.close();
});

test('a worker without its module is named', async () => {
  const context = await newContext();
  const page = await context.newPage();
  await context.route('**/floe-worker_bg.wasm', (route) => route.abort());
  await page.goto(`${server.url}/floe/`);
  await page.getByRole('alert').getByText(/worker/).waitFor();
  await context.close();
});
