// A link restores the view; the configuration and the address decide what is shown.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stage } from './harness.mjs';

const { server, visit } = await stage();

test('the address follows the view, and restores all of it', async () => {
  const first = await visit({ query: '?utm=kept' });
  await first.idle();
  await first.floe('setView', { lon: 24.5, lat: -3.25, zoom: 4.5 });
  await first.floe('select', { variable: 'max_daytime_lst', year: 2021 });
  await first.page.getByText('Map', { exact: true }).click();
  await first.page.locator('label.segment', { hasText: 'Globe' }).click();
  await first.page.getByRole('switch', { name: 'Graticule' }).check();
  await first.page.locator('label.segment', { hasText: '°F' }).click();
  await first.page.getByRole('slider', { name: 'Coldest colour' }).press('PageUp');
  await first.floe('inspect', 25, -3);
  await first.idle();
  const address = first.page.url();
  const query = Object.fromEntries(new URL(address).searchParams);
  assert.deepEqual(
    [query.lon, query.lat, query.z, query.var, query.year, query.proj, query.unit, query.grid, query.at, query.utm],
    ['24.5', '-3.25', '4.5', 'max_daytime_lst', '2021', 'globe', 'F', '1', '-3,25', 'kept'],
  );
  assert.equal(await first.page.evaluate(() => history.length), 2, 'one entry for the blank page, one for this');
  const picture = await first.page.screenshot({ clip: { x: 400, y: 100, width: 500, height: 500 } });
  await first.close();

  const second = await visit({ query: new URL(address).search });
  await second.idle();
  assert.equal(second.page.url(), address, 'nothing is left to write');
  const view = await second.floe('view');
  assert.deepEqual([view.lon, view.lat, view.zoom, view.variable, view.year], [24.5, -3.25, 4.5, 'max_daytime_lst', 2021]);
  assert.deepEqual(await second.page.screenshot({ clip: { x: 400, y: 100, width: 500, height: 500 } }), picture);
  await second.close();
});

test('an address without a query shows the defaults and stays as it is', async () => {
  const { page, idle, close } = await visit();
  await idle();
  assert.equal(new URL(page.url()).search, '');
  await close();
});

test('store in the address overrides the configuration, relative to the page', async () => {
  const { page, idle, error, close } = await visit({ query: '?store=../floe/store' });
  await idle();
  assert.equal(await error(), null);
  await page.getByRole('button', { name: 'About this map' }).click();
  await page.getByText(`http_storage("${server.url}/floe/store")`).waitFor();
  await close();
});

test('wrong arguments of window.floe are TypeErrors that say what is expected', async () => {
  const { page, idle, close } = await visit();
  await idle();
  const said = (method, argument) =>
    page.evaluate(([method, argument]) => {
      try {
        window.floe[method](argument);
        return 'nothing';
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    }, [method, argument]);
  assert.match(await said('select', { variable: 'lst' }), /TypeError: variable must be one of/);
  assert.match(await said('select', { year: 1900 }), /TypeError: year must be one of/);
  assert.match(await said('setView', { lat: 100 }), /TypeError: lat must be from -90 to 90/);
  assert.match(await said('setView', { zoom: 'near' }), /TypeError: zoom must be a finite number/);
  await close();
});
