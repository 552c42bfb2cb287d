// A bad network, seen through: said in a word, and once it has passed the map goes on by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertColour, grey, style, values, year } from './colour.mjs';
import { name, server, visit } from './page.mjs';

const { inland } = values.places;
const isData = (path) => path.startsWith('/floe/store/');
/** True half of the time, in the same order in every run. */
const half = (() => {
  let seed = 1;
  return () => (seed = (seed * 48_271) % 2_147_483_647) % 2 === 0;
})();
const faults = {
  'offline in the middle': (path) => (isData(path) ? 'drop' : undefined),
  'a line that stalls': (path) => (isData(path) ? 'stall' : undefined),
  'a store that goes private for a while': (path) => (isData(path) ? 403 : undefined),
};

for (const [what, fault] of Object.entries(faults)) {
  test(`${what} is said once, what is there stays, and the map goes on by itself`, async () => {
    // An address of its own, of which the browser has no copies.
    const store = encodeURIComponent(`store?${what.replaceAll(' ', '-')}`);
    const page = await visit({ query: `?proj=globe&z=2&${style}&store=${store}`, expectErrors: true });
    await page.idle();
    server.let(fault);
    const began = Date.now();
    await page.floe('select', { variable: 'max_daytime_lst' });
    await page.floe('setView', { lon: inland.lon, lat: inland.lat, zoom: 7 });
    await page.until(() => document.querySelector('.toast[role=alert]')?.textContent.includes('could not be read'));
    assert.ok(Date.now() - began < 25_000, `said after ${Date.now() - began} ms`);
    assert.equal(await page.evaluate(() => document.querySelectorAll('[role=alert]').length), 1);
    server.let();
    const passed = Date.now();
    await page.until(() => floe.error === null);
    assert.ok(Date.now() - passed < 60_000, `went on after ${Date.now() - passed} ms`);
    await page.idle();
    await assertColour(page, [500, 350], grey(inland.numbers.max_daytime_lst[year]), what);
    await page.close();
  });
}

// The same in every engine: one will do.
test('half of all requests failing is seen through', { skip: name !== 'chromium' }, async () => {
  server.let((path) => (isData(path) && half() ? 'drop' : undefined));
  const page = await visit({ query: `?z=2&${style}`, expectErrors: true });
  await page.floe('setView', { lon: inland.lon, lat: inland.lat, zoom: 7 });
  await page.until(() => floe.error === null && [...document.querySelectorAll('[role=status]')].some((status) => status.textContent === 'The map is complete'));
  await page.idle();
  await assertColour(page, [500, 350], grey(inland.numbers.avg_daytime_lst[year]), 'half');
  server.let();
  await page.close();
});
