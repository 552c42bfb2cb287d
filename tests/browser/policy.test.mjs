// The page lets nothing in: texts are texts, nobody else is asked, and others may frame it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { copyOfWorld, dist, stage } from './harness.mjs';

const HOSTILE = '<img src=x onerror="document.title=`let in`">';
const world = copyOfWorld();
const directory = mkdtempSync(join(tmpdir(), 'floe-frame-'));
after(() => {
  world.remove();
  rmSync(directory, { recursive: true, force: true });
});
execFileSync(process.env.FLOE_PYTHON, ['tests/browser/hostile.py', world.directory, HOSTILE]);
const { newContext, server, visit } = await stage({ '/hostile/': world.directory, '/frame/': directory });
const elsewhere = server.url.replace('127.0.0.1', 'localhost');
writeFileSync(join(directory, 'index.html'), `<!doctype html><title>frame</title><iframe src="${elsewhere}/floe/"></iframe>`);

/** Asserts that no text has become an element. */
async function assertTextOnly(page) {
  await page.waitForTimeout(300);
  assert.equal(await page.locator('img').count(), 0);
  assert.notEqual(await page.title(), 'let in');
}

test('what a store says is text: its messages, its attributes and the names of what it lacks', async () => {
  const first = await visit({ query: '?store=/hostile&status=1&at=10,20' });
  await first.idle();
  await first.page.getByRole('button', { name: 'About this map' }).click();
  await first.page.locator('#snapshot').waitFor();
  await assertTextOnly(first.page);
  await first.close();
  const second = await visit({ query: `?store=/hostile&ref=${encodeURIComponent(HOSTILE)}`, expectErrors: true });
  await second.page.getByRole('alert').getByText(HOSTILE).waitFor();
  await assertTextOnly(second.page);
  await second.close();
});

test('names of places are text', async () => {
  const names = readFileSync(join(dist, 'basemap/places.bin'));
  names.write('<img/>a', names.indexOf('Nairobi'));
  const context = await newContext();
  await context.route('**/basemap/places.bin', (route) => route.fulfill({ body: names }));
  const page = await context.newPage();
  await page.goto(`${server.url}/floe/?z=4&lon=37&lat=-1`);
  await page.getByRole('combobox').fill('<img');
  await page.getByRole('option', { name: '<img/>a' }).waitFor();
  await assertTextOnly(page);
  await context.close();
});

test('nobody else is asked for anything until an online base map is chosen', async () => {
  const { page, floe, idle, close } = await visit({ expectErrors: true });
  const others = new Set();
  // Also what workers ask for.
  await page.context().route('**/*', (route) => {
    const { host } = new URL(route.request().url());
    if (host === new URL(server.url).host) return route.continue();
    others.add(host);
    return route.abort();
  });
  await page.reload();
  await page.waitForFunction(() => window.floe !== undefined);
  await floe('setView', { lon: 10, lat: 45, zoom: 6 });
  await floe('inspect', 10, 45);
  await idle();
  await page.getByText('Map', { exact: true }).click();
  assert.deepEqual([...others], []);
  await page.getByRole('combobox', { name: /Base map/ }).selectOption({ index: 1 });
  await page.waitForTimeout(1500);
  assert.ok(others.size > 0, 'the base map is asked for');
  assert.ok([...others].every((host) => /(^|\.)(cartocdn\.com|arcgisonline\.com)$/.test(host)), [...others].join(' '));
  await close();
});

test('another site may show the page in a frame', async () => {
  const context = await newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}/frame/`);
  const frame = await (await page.locator('iframe').elementHandle()).contentFrame();
  await frame.waitForFunction(() => window.floe !== undefined);
  await frame.evaluate(() => window.floe.idle());
  assert.equal(await frame.evaluate(() => window.floe.error), null);
  await context.close();
});
