// What goes wrong is said on the page, by name, and can be tried again.

import assert from 'node:assert/strict';
import { readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { copyOfWorld, launch, open, site } from './harness.mjs';

let browser, server, world;

before(async () => {
  world = copyOfWorld();
  [browser, server] = await Promise.all([launch(), site({ '/broken/': world.directory })]);
});
after(async () => {
  await browser?.close();
  await server?.close();
  world?.remove();
});

const openFailing = (query, options) => open(browser, server.url, { query, expectErrors: true, ...options });

test('a store that is not there is named, and can be tried again', async () => {
  const { page, idle, error, close } = await openFailing('?store=nowhere');
  await idle();
  const alert = page.getByRole('alert');
  const text = await alert.textContent();
  assert.ok(text.includes(`${server.url}/floe/nowhere`), text);
  assert.ok(text.includes(await error()), text);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await idle();
  await alert.waitFor();
  await close();
});

test('a server that cannot be reached is named', async () => {
  // Port 9 (discard) listens nowhere.
  const { page, idle, error, close } = await openFailing('?store=http://127.0.0.1:9/store');
  await idle();
  assert.match(await error(), /127\.0\.0\.1:9/);
  await page.getByRole('alert').waitFor();
  await close();
});

test('a truncated repository is an error, and once it is whole again a second try shows it', async () => {
  const file = join(world.directory, 'repo');
  const whole = readFileSync(file);
  truncateSync(file, Math.floor(whole.length / 2));
  const { page, idle, error, close } = await openFailing('?store=/broken');
  await idle();
  assert.notEqual(await error(), null);
  writeFileSync(file, whole);
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
  await idle();
  assert.equal(await error(), null);
  await close();
});

test('chunks that are missing leave a map with a message', async () => {
  const chunks = join(world.directory, 'chunks');
  renameSync(chunks, `${chunks}-gone`);
  const { page, idle, error, close } = await openFailing('?store=/broken');
  await idle();
  assert.notEqual(await error(), null);
  const toast = page.getByRole('alert');
  await toast.waitFor();
  renameSync(`${chunks}-gone`, chunks);
  await toast.getByRole('button', { name: 'Try again' }).click();
  await idle();
  assert.equal(await error(), null);
  await close();
});

test('a configuration that is no JSON is named', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route('**/floe-page.json', (route) => route.fulfill({ body: '{' }));
  await page.goto(`${server.url}/floe/`);
  await page.getByRole('alert').getByText(/floe-page\.json must be a JSON object/).waitFor();
  await context.close();
});

test('without the file of names the search says why, and a move a while later brings them', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const names = '**/basemap/places.bin';
  const moveLater = (minutes) =>
    page.evaluate(async (minutes) => {
      const now = Date.now;
      Date.now = () => now() + minutes * 60_000;
      floe.setView({ lon: 37, lat: -minutes, zoom: 3 });
      await floe.idle();
    }, minutes);
  await page.route(names, (route) => route.abort());
  await page.goto(`${server.url}/floe/`);
  await page.waitForFunction(() => window.floe);
  await page.evaluate(() => floe.idle());
  await page.getByRole('combobox', { name: /Search a place/ }).fill('nairobi');
  await page.getByText(/The names of places cannot be had: .*fetch/i).waitFor();
  await page.unroute(names);
  await page.route(names, (route) => route.fulfill({ body: 'FLP0' }));
  await moveLater(1);
  await page.getByText('The names of places cannot be had: a file of the base map must begin with FLP1.').waitFor();
  await page.unroute(names);
  await moveLater(2);
  await page.getByRole('option', { name: 'Nairobi' }).waitFor();
  await context.close();
});

test('finer shapes that are damaged are named, and can be tried again', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const shapes = '**/basemap/shapes-50m.bin';
  await context.route(shapes, (route) => route.fulfill({ body: 'FLB1' }));
  await page.goto(`${server.url}/floe/?z=3`);
  await page.waitForFunction(() => window.floe);
  await page.evaluate(() => floe.idle());
  const toast = page.getByRole('alert');
  await toast.getByText(/basemap\/shapes-50m\.bin cannot be used: a file of the base map is cut short/).waitFor();
  await context.unroute(shapes);
  const answer = context.waitForEvent('response', (response) => response.url().endsWith('shapes-50m.bin'));
  await toast.getByRole('button', { name: 'Try again' }).click();
  assert.equal((await answer).status(), 200);
  await page.evaluate(() => floe.idle());
  assert.equal(await page.evaluate(() => floe.error), null);
  await context.close();
});
