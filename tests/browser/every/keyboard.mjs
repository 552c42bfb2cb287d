// The map can be used with the keyboard alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { visit } from './page.mjs';

test('keys move the map, inspect its middle and close that again', async () => {
  const page = await visit({ query: '?z=3' });
  await page.idle();
  await page.evaluate(() => document.querySelector('canvas').focus());
  const before = await page.floe('view');
  await page.press('+');
  await page.until((zoom) => floe.view().zoom > zoom, before.zoom);
  await page.press('ArrowRight');
  await page.until((lon) => floe.view().lon > lon, before.lon);
  await page.press('Enter');
  await page.until(() => document.querySelector('#inspector') !== null);
  await page.press('Escape');
  await page.until(() => document.querySelector('#inspector') === null);
  await page.close();
});

test('a place is searched and chosen with the keyboard', async () => {
  const page = await visit();
  await page.idle();
  await page.evaluate(() => document.querySelector('[role=combobox]').focus());
  await page.type('nairo');
  await page.until(() => [...document.querySelectorAll('[role=option]')].some((option) => option.textContent.includes('Nairobi')));
  await page.press('ArrowDown');
  await page.press('Enter');
  await page.until(() => Math.hypot(floe.view().lon - 36.8, floe.view().lat + 1.3) < 0.5);
  await page.idle();
  await page.close();
});

test('the about panel opens, holds the focus and closes with Escape', async () => {
  const page = await visit();
  await page.idle();
  await page.evaluate(() => document.querySelector('button[aria-label="About this map"]').focus());
  await page.press('Enter');
  await page.until(() => document.querySelector('dialog[open]') !== null);
  await page.press('Escape');
  await page.until(() => document.querySelector('dialog[open]') === null);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'About this map');
  await page.close();
});
