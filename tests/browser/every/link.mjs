// A link restores the view, and can be copied.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { visit } from './page.mjs';

test('the address follows the view, and restores it', async () => {
  const first = await visit({ query: '?utm=kept' });
  await first.idle();
  await first.floe('setView', { lon: 24.5, lat: -3.25, zoom: 4.5 });
  await first.floe('select', { variable: 'max_daytime_lst', year: 2021 });
  await first.idle();
  const query = String(await first.query());
  assert.match(query, /lon=24\.5&lat=-3\.25&z=4\.5&.*var=max_daytime_lst&year=2021&.*utm=kept/);
  await first.close();
  const second = await visit({ query: `?${query}` });
  await second.idle();
  const { lon, lat, zoom, variable, year } = await second.floe('view');
  assert.deepEqual([lon, lat, zoom, variable, year], [24.5, -3.25, 4.5, 'max_daytime_lst', 2021]);
  assert.equal(String(await second.query()), query);
  await second.close();
});

test('without a clipboard the button Copy link shows the link, to be copied by hand', async () => {
  const page = await visit({ query: '?z=3' });
  await page.idle();
  await page.evaluate(() => void Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }));
  await page.floe('setView', { lon: 10, lat: 20, zoom: 4 });
  await page.clickOn('button[aria-label="Copy link"]');
  const [link, selected] = await page.until(() => {
    const field = document.getElementById('link');
    return field === document.activeElement && [field.value, field.value.slice(field.selectionStart, field.selectionEnd)];
  });
  assert.match(link, /\/floe\/\?lon=10&lat=20&z=4&/);
  assert.equal(selected, link);
  await page.press('Escape');
  await page.until(() => !document.getElementById('link'));
  await page.close();
});

test('the button Copy link puts the link on the clipboard', async () => {
  const page = await visit({ query: '?z=3' });
  await page.idle();
  // What a browser lets a page write depends on who asks; what the page asks for does not.
  await page.evaluate(() => {
    const writeText = (text) => ((window.written = text), Promise.resolve());
    Object.defineProperty(navigator, 'clipboard', { value: { writeText }, configurable: true });
  });
  await page.clickOn('button[aria-label="Copy link"]');
  await page.reads('Link copied');
  assert.equal(await page.evaluate(() => window.written === location.href), true);
  await page.close();
});
