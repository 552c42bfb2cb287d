// Opening a store on the page: by its address, one of the last ones, another state; what is shown stays until the other is open.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, open, site } from '../browser/harness.mjs';

const directory = process.env.FLOE_FOREIGN_STORES;
const names = ['states', 'under-way', 'zarr', 'zarr-gzip', 'nothing', 'large', 'zarr-large'];
let browser, server;

before(async () => {
  const mounts = Object.fromEntries(names.map((name) => [`/floe/${name}/`, join(directory, name)]));
  [browser, server] = await Promise.all([launch(), site(mounts)]);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const visit = (options) => open(browser, server.url, options);
const address = (name) => `${server.url}/floe/${name}`;
const ask = (page) => page.getByRole('button', { name: 'Open a store' });
const field = (page) => page.getByLabel(/^Address of/);

/** What the page shows in 2020 at a place. */
async function value(page) {
  const { values } = await page.floe('inspect', 20.5, 46);
  return values.avg_daytime_lst['2020'];
}

test('a store that is under way is opened where its data end', async () => {
  for (const [query, time] of [['&ref=tag:three-months', '2020-03-01'], ['', '2020-04-01'], ['&time=2020-05-01', '2020-05-01']]) {
    const page = await visit({ query: `?store=under-way/&base=plain${query}` });
    await page.idle();
    assert.equal((await page.floe('view')).axes.time, time, query);
    await page.close();
  }
});

test('a store is opened by its address with the keyboard, and the one before stays until then', async () => {
  const page = await visit({ query: '?store=zarr/', expectErrors: true });
  await page.idle();
  const before = await value(page);
  await ask(page.page).focus();
  await page.page.keyboard.press('Enter');
  await field(page.page).fill(address('nothing'));
  await page.page.keyboard.press('Enter');
  await page.page.getByRole('alert').getByText("has neither an object 'repo'").waitFor();
  assert.equal(await field(page.page).getAttribute('aria-invalid'), 'true');
  assert.equal(await page.error(), null);
  assert.equal(await value(page), before, 'the map still reads what it shows');

  await field(page.page).fill(address('states'));
  await page.page.keyboard.press('Enter');
  await page.page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.idle();
  assert.ok(Math.abs((await value(page)) - before - 2) < 1e-6, 'the other store has 2 K more');
  assert.equal(page.query().get('store'), address('states'));

  await ask(page.page).click();
  const recent = page.page.getByRole('region', { name: 'Opened before' }).getByRole('button');
  assert.deepEqual(await recent.allTextContents(), [address('states'), address('zarr')]);
  await recent.nth(1).click();
  await page.page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.idle();
  assert.equal(await value(page), before);
  await page.close();
});

test('branches, tags and commits are listed, and the one that is chosen is shown and linked', async () => {
  const page = await visit({ query: '?store=states/' });
  await page.idle();
  const newest = await value(page);
  await ask(page.page).click();
  const states = page.page.getByLabel('State shown');
  const labels = await states.getByRole('option').allTextContents();
  assert.deepEqual(labels.slice(0, 3), ['branch main', 'branch work', 'tag first']);
  assert.match(labels[3], /UTC two kelvin more$/);
  assert.equal(labels.length, 6);
  await states.selectOption({ label: 'tag first' });
  await page.page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.idle();
  assert.ok(Math.abs(newest - (await value(page)) - 2) < 1e-6);
  assert.equal(page.query().get('ref'), 'tag:first');

  const link = page.page.url();
  await page.page.goto(link);
  await page.page.waitForFunction(() => window.floe !== undefined);
  await page.idle();
  assert.ok(Math.abs(newest - (await value(page)) - 2) < 1e-6, 'the link leads to the same state');
  await ask(page.page).click();
  await page.page.getByLabel('State shown').selectOption({ label: 'branch main' });
  await page.page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.idle();
  assert.equal(await value(page), newest);
  assert.equal(page.query().get('ref'), null);
  await page.close();
});

test('plain Zarr has no states and no tiles, and Python reads it without a session', async () => {
  const page = await visit({ query: '?store=zarr/' });
  await page.idle();
  assert.equal(await page.page.getByText('Processing status').count(), 0);
  await ask(page.page).click();
  await field(page.page).waitFor();
  assert.equal(await page.page.getByLabel('State shown').count(), 0);
  await page.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.page.getByRole('button', { name: 'About this map' }).click();
  await page.page.getByText(`xarray.open_zarr("${address('zarr')}")`).waitFor();
  await page.close();
});

test('addresses of object stores are those that anybody can read, and a wrong one is said beside the field', async () => {
  const page = await visit({ query: '?store=zarr/', expectErrors: true });
  const asked = [];
  await page.page.context().route(/amazonaws|googleapis|core\.windows/, (route) => {
    asked.push(route.request().url());
    return route.fulfill({ status: 404, headers: { 'Access-Control-Allow-Origin': '*' } });
  });
  await ask(page.page).click();
  for (const [text, url] of [
    ['s3://box/a?region=eu-west-1', 'https://box.s3.eu-west-1.amazonaws.com/a'],
    ['gs://box/a/', 'https://storage.googleapis.com/box/a'],
    ['az://lake/box/a', 'https://lake.blob.core.windows.net/box/a'],
  ]) {
    await field(page.page).fill(text);
    await page.page.keyboard.press('Enter');
    await page.page.getByRole('alert').getByText(`${url} is no store`).waitFor();
    assert.deepEqual(asked.splice(0), ['repo', 'zarr.json', '.zgroup'].map((object) => `${url}/${object}`));
  }
  await field(page.page).fill('az://lake');
  await page.page.keyboard.press('Enter');
  await page.page.getByRole('alert').getByText('expected az://ACCOUNT/CONTAINER/PATH').waitFor();
  await page.close();
});

test('a browser that keeps nothing opens stores all the same', async () => {
  const page = await visit({ query: '?store=zarr/' });
  await page.page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('denied', 'SecurityError'); } });
  });
  await page.page.reload();
  await page.page.waitForFunction(() => window.floe !== undefined);
  await page.idle();
  await ask(page.page).click();
  await field(page.page).fill(address('states'));
  await page.page.keyboard.press('Enter');
  await page.page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.idle();
  assert.equal(await page.error(), null);
  await page.close();
});

test('the module of further codecs comes only when a store needs it, and a page without it says so and goes on later', async () => {
  const page = await visit({ query: '?store=zarr/', expectErrors: true });
  const asked = [];
  let isLost = true;
  await page.page.context().route('**/floe-codecs*', (route) => {
    asked.push(route.request().url());
    return isLost ? route.abort() : route.continue();
  });
  await page.idle();
  assert.deepEqual(asked, []);
  await ask(page.page).click();
  await field(page.page).fill(address('zarr-gzip'));
  await page.page.keyboard.press('Enter');
  await page.page.getByRole('dialog').waitFor({ state: 'hidden' });
  const alert = page.page.getByRole('alert').filter({ hasText: "the page's module for the codecs of" });
  await alert.waitFor();
  isLost = false;
  await alert.getByRole('button', { name: 'Try again' }).click();
  await alert.waitFor({ state: 'hidden' });
  await page.idle();
  assert.equal(await page.error(), null);
  assert.equal(typeof (await value(page)), 'number');
  await page.close();
});

/** Opens a store at a view of the world, and counts the chunks that are asked for, each once: one may be given up and asked for again. */
/** The world of a store, of which no chunk is answered before `release`, so that the map has asked for its whole view. */
async function visitWorld(name) {
  const page = await visit({ query: '?store=plain/' });
  const chunks = new Set();
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.page.context().route(/\/c\/0\/\d+\/\d+|\/chunks\//, async (route) => {
    chunks.add(route.request().url());
    await released;
    await route.continue();
  });
  const query = `?store=${name}/&z=1&lon=0&lat=0&smooth=0&base=plain&cmap=greys&min=0&max=250`;
  await page.page.goto(new URL(query, page.page.url()).href);
  await page.page.waitForFunction(() => window.floe !== undefined);
  return { ...page, release, asked: () => chunks.size };
}

test('a view that would take many bytes is asked for, and read when the visitor wants it or zooms in', async () => {
  const page = await visitWorld('zarr-large');
  const notice = page.page.getByRole('status').filter({ hasText: 'Zoom in' });
  await notice.getByText('all of this view takes 150 MB').waitFor();
  page.release();
  await page.idle();
  const before = page.asked();
  // Of 32 chunks of 4.7 MB, 14 are within 64 MiB.
  assert.ok(before <= 14, `asked for ${before} chunks`);
  await page.floe('setView', { lon: 100, lat: 45, zoom: 7 });
  await notice.waitFor({ state: 'hidden' });
  await page.idle();
  await page.floe('setView', { lon: 0, lat: 0, zoom: 1 });
  await notice.getByRole('button', { name: 'Read all of it' }).click();
  await notice.waitFor({ state: 'hidden' });
  await page.idle();
  assert.equal(page.asked(), 32);
  assert.equal(await page.error(), null);
  await page.close();
});

test('a view that takes few bytes as they are stored is read', async () => {
  const page = await visitWorld('large');
  page.release();
  await page.idle();
  assert.equal(await page.page.getByText('Zoom in:').count(), 0);
  assert.equal(await page.error(), null);
  await page.close();
});
