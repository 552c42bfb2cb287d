// The map follows the size of its window and the pixels of its screen.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertColour, grey, style, values, year } from './colour.mjs';
import { name, visit } from './page.mjs';

const { inland } = values.places;
const colour = grey(inland.numbers.avg_daytime_lst[year]);

/** Asserts that the canvas has the pixels of its place on the screen. */
async function assertSharp(page) {
  const [canvas, wanted] = await page.evaluate(() => {
    const canvas = document.querySelector('canvas');
    const box = canvas.getBoundingClientRect();
    return [[canvas.width, canvas.height], [box.width * devicePixelRatio, box.height * devicePixelRatio]];
  });
  canvas.forEach((length, axis) => assert.ok(Math.abs(length - wanted[axis]) <= 1, `canvas ${canvas}, screen ${wanted}`));
}

async function assertFits(page, width, height) {
  await page.until((width) => innerWidth === width, width);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await page.idle();
  await assertSharp(page);
  await assertColour(page, [width / 2, height / 2], colour, `${width} x ${height}`);
  // A click lands where it is made.
  await page.click(width / 2, height / 2);
  const [lat, lon] = (await page.until(() => new URLSearchParams(location.search).get('at'))).split(',').map(Number);
  assert.ok(Math.abs(lat - inland.lat) < 0.02 && Math.abs(lon - inland.lon) < 0.02, `${lat}, ${lon}`);
  await page.press('Escape');
  await page.until(() => !new URLSearchParams(location.search).get('at'));
}

for (const [absent, prepare] of [
  ['', undefined],
  ['without sizes in device pixels ', () => delete ResizeObserverEntry.prototype.devicePixelContentBoxSize],
]) {
  // WebKit has none to take away.
  test(`a window of another size ${absent}has a sharp map in the right place`, { skip: prepare && name === 'webkit' }, async () => {
    const page = await visit({ query: `?${style}`, width: 1100, height: 760, prepare });
    await page.floe('setView', { lon: inland.lon, lat: inland.lat, zoom: 7 });
    await assertFits(page, 1100, 760);
    await page.resize(960, 620);
    await assertFits(page, 960, 620);
    await page.close();
  });
}
