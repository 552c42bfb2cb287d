// Everything can be reached and used with the keyboard alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stage } from './harness.mjs';

const { visit } = await stage();

/** What has the focus: role or element and its name. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
    return `${element.getAttribute('role') ?? element.localName} ${label.trim().replace(/\s+/g, ' ')}`;
  });

test('tab reaches every control, in the order in which they are seen, and each shows the focus', async () => {
  const { page, idle, close } = await visit({ query: '?status=1&at=10,10' });
  await idle();
  // Not by clicks: Tab would go on from the place that was clicked last.
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  const visited = [];
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement === document.body)) break;
    const name = await focused(page);
    if (visited.includes(name) && visited[0] === name) break;
    visited.push(name);
    const outlined = await page.evaluate(() => {
      const element = document.activeElement;
      const shown = element.matches('.segment input') ? element.nextElementSibling : element;
      const style = getComputedStyle(shown);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    });
    assert.ok(outlined, `${name} shows that it has the focus`);
  }
  const controls = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, summary, a[href], [tabindex="0"]')].filter((element) => {
      // Of a group of radio buttons only the chosen one is a tab stop.
      if (element.type === 'radio' && !element.checked) return false;
      return element.checkVisibility();
    }).length,
  );
  assert.equal(visited.length, controls, visited.join('\n'));
  await close();
});

test('keys move the map, inspect its middle and close that again', async () => {
  const { page, floe, idle, close } = await visit({ reducedMotion: 'reduce' });
  await idle();
  await page.getByRole('application').focus();
  const before = await floe('view');
  await page.keyboard.press('+');
  await idle();
  await page.keyboard.press('ArrowRight');
  await idle();
  const moved = await floe('view');
  assert.ok(moved.zoom > before.zoom, `zoom ${before.zoom} to ${moved.zoom}`);
  assert.ok(moved.lon > before.lon, `longitude ${before.lon} to ${moved.lon}`);
  await page.keyboard.press('Enter');
  await page.locator('#inspector').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#inspector').waitFor({ state: 'detached' });
  await close();
});

test('the ends of the legend are sliders', async () => {
  const { page, idle, close } = await visit();
  await idle();
  const low = page.getByRole('slider', { name: 'Coldest colour' });
  const before = Number(await low.getAttribute('aria-valuenow'));
  await low.focus();
  await page.keyboard.press('ArrowRight');
  assert.ok(Math.abs(Number(await low.getAttribute('aria-valuenow')) - before - 1) < 0.11);
  await page.keyboard.press('PageDown');
  assert.ok(Math.abs(Number(await low.getAttribute('aria-valuenow')) - before + 9) < 0.11);
  await page.keyboard.press('End');
  const high = Number(await page.getByRole('slider', { name: 'Warmest colour' }).getAttribute('aria-valuenow'));
  assert.ok(Number(await low.getAttribute('aria-valuenow')) < high, 'the ends do not cross');
  await close();
});

test('a place is searched and chosen with the keyboard', async () => {
  const { page, floe, idle, close } = await visit({ reducedMotion: 'reduce' });
  await idle();
  const search = page.getByRole('combobox', { name: /Search a place/ });
  await search.fill('nairo');
  await page.getByRole('option', { name: 'Nairobi' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await idle();
  const { lon, lat } = await floe('view');
  assert.ok(Math.hypot(lon - 36.8, lat + 1.3) < 0.5, `${lat}, ${lon}`);
  await search.fill('48.85, 2.35');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /48\.8500°\sN, 2\.3500°\sE/ }).waitFor();
  await close();
});

test('the about panel opens, holds the focus and closes with Escape', async () => {
  const { page, idle, close } = await visit();
  await idle();
  await page.getByRole('button', { name: 'About this map' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'About this map' });
  await dialog.waitFor();
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement.closest('dialog') !== null));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await focused(page), 'button About this map');
  await close();
});
