// What goes wrong is said on the page, by name, and can be tried again.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { copyOfWorld, open, site, stage } from './harness.mjs';

const world = copyOfWorld();
after(() => world.remove());
const { browser, newContext, server, visit } = await stage({ '/broken/': world.directory });

const openFailing = (query, options) => visit({ query, expectErrors: true, ...options });

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

test('a store that is replaced under the open page is said, and shown as it is now', async () => {
  const replaced = copyOfWorld();
  const parent = mkdtempSync(join(tmpdir(), 'floe-replaced-'));
  const other = await site({ '/replaced/': join(parent, 'now') });
  try {
    renameSync(replaced.directory, join(parent, 'now'));
    execFileSync(process.env.FLOE_PYTHON, ['tests/browser/replaced.py', join(parent, 'now'), join(parent, 'next')]);
    const { page, floe, idle, error, close } = await open(browser, other.url, { query: '?store=/replaced&z=1', expectErrors: true });
    await idle();
    renameSync(join(parent, 'now'), join(parent, 'before'));
    renameSync(join(parent, 'next'), join(parent, 'now'));
    // Of which nothing has been read.
    await floe('select', { variable: 'max_daytime_lst' });
    await page.getByText('The store was replaced').waitFor({ timeout: 25_000 });
    await idle();
    assert.equal(await error(), null);
    const { values } = await floe('inspect', 10.005, 45.005);
    assert.ok(values.avg_daytime_lst[2022] > 200, JSON.stringify(values));
    await close();
  } finally {
    await other.close();
    rmSync(parent, { recursive: true, force: true });
  }
});

test('a configuration that is no JSON is named', async () => {
  const context = await newContext();
  const page = await context.newPage();
  await page.route('**/floe-page.json', (route) => route.fulfill({ body: '{' }));
  await page.goto(`${server.url}/floe/`);
  await page.getByRole('alert').getByText(/floe-page\.json must be a JSON object/).waitFor();
  await context.close();
});

test('without the file of names the search says why, and a move a while later brings them', async () => {
  const context = await newContext();
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
  const context = await newContext();
  const page = await context.newPage();
  const shapes = '**/basemap/shapes-50m.bin';
  await context.route(shapes, (route) => route.fulfill({ body: 'FLB1' }));
  // The store opens once the shapes have failed: the one must not take back what was said of the other.
  let open;
  const failed = new Promise((resolve) => (open = resolve));
  await context.route('**/store/repo', async (route) => {
    await failed;
    await route.continue();
  });
  await page.goto(`${server.url}/floe/?z=3`);
  await page.waitForFunction(() => window.floe?.error);
  open();
  await page.evaluate(() => floe.idle());
  const toast = page.getByRole('alert');
  await toast.getByText('Some of the base map could not be read.').waitFor();
  await toast.getByText(/basemap\/shapes-50m\.bin cannot be used: a file of the base map is cut short/).waitFor();
  await context.unroute(shapes);
  const answer = context.waitForEvent('response', (response) => response.url().endsWith('shapes-50m.bin'));
  await toast.getByRole('button', { name: 'Try again' }).click();
  assert.equal((await answer).status(), 200);
  await page.evaluate(() => floe.idle());
  assert.equal(await page.evaluate(() => floe.error), null);
  await context.close();
});
