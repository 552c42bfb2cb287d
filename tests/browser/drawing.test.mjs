// The map draws what the store holds: colours on the screen against numbers that Python reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { colours, stage, storedValues } from './harness.mjs';

const values = storedValues();
const year = values.years.at(-1);
const [width, height] = [1000, 700];
const middle = [width / 2, height / 2];
const { visit } = await stage();

/** The colour of a stored number in a palette that runs from `min` to `max` kelvin. */
function expected(palette, number, { min, max }) {
  const [low, high] = [min / 0.02, max / 0.02];
  const share = (number - low) / (high - low);
  return palette[Math.min(255, Math.max(0, Math.floor(share * 256)))];
}

/** Whether two colours are the same but for rounding. */
const close = (a, b) => a.every((channel, index) => Math.abs(channel - b[index]) <= 2);

/** Asserts that the map's pixel around a point of the screen has a colour; lines and labels of the base map may cross it. */
async function assertColour(page, [x, y], colour, message) {
  const around = [[0, 0], [3, 0], [-3, 0], [0, 3], [0, -3]].map(([dx, dy]) => [x + dx, y + dy]);
  const seen = await colours(page, around);
  const matching = seen.filter((found) => close(found, colour)).length;
  assert.ok(matching >= 3, `${message}: expected ${colour}, found ${JSON.stringify(seen)}`);
}

const range = { min: 230, max: 320 };
const style = `cmap=greys&min=${range.min}&max=${range.max}&opacity=100&smooth=0&grid=0&base=plain&status=0`;
// Black to white: the palette needs no copy here.
const greys = Array.from({ length: 256 }, (_, index) => [index, index, index]);

for (const proj of ['mercator', 'globe', 'equirectangular']) {
  test(`on ${proj} the drawn pixels have the colours of the stored values`, async () => {
    const { page, floe, idle, close } = await visit({
      query: `?proj=${proj}&year=${year}&var=avg_daytime_lst&z=6&${style}`,
      viewport: { width, height },
    });
    for (const [name, place] of Object.entries(values.places)) {
      if (name === 'no data' || (proj === 'mercator' && Math.abs(place.lat) > 84)) continue;
      await floe('setView', { lon: place.lon, lat: place.lat, zoom: 7 });
      await idle();
      const number = place.numbers.avg_daytime_lst[year];
      await assertColour(page, middle, expected(greys, number, range), `${proj}, ${name}`);
    }
    await close();
  });
}

test('variable and year decide which numbers are drawn, and switching draws the others', async () => {
  const { page, floe, idle, close } = await visit({ query: `?z=7&${style}` });
  const place = values.places.inland;
  await floe('setView', { lon: place.lon, lat: place.lat, zoom: 7 });
  for (const variable of ['avg_daytime_lst', 'max_daytime_lst']) {
    for (const year of values.years) {
      await floe('select', { variable, year });
      await idle();
      const number = place.numbers[variable][year];
      await assertColour(page, middle, expected(greys, number, range), `${variable} ${year}`);
    }
  }
  await close();
});

test('a pixel ends where the grid says', async () => {
  const { page, floe, idle, close } = await visit({
    query: `?proj=equirectangular&year=${year}&${style}`,
    viewport: { width, height },
  });
  const [west, east] = [values.places['edge west'], values.places['edge east']];
  await floe('setView', { lon: (west.lon + east.lon) / 2, lat: west.lat, zoom: 8 });
  await idle();
  const [left, right] = await colours(page, [
    [middle[0] - 2, middle[1]],
    [middle[0] + 1, middle[1]],
  ]);
  const numbers = [west, east].map((place) => place.numbers.avg_daytime_lst[year]);
  assert.ok(close(left, expected(greys, numbers[0], range)), `west of the edge: ${left}`);
  assert.ok(close(right, expected(greys, numbers[1], range)), `east of the edge: ${right}`);
  await close();
});

test('a lost WebGL context comes back with the same picture', async () => {
  const { page, floe, idle, close } = await visit({ query: `?year=${year}&${style}`, expectErrors: true });
  const place = values.places.inland;
  await floe('setView', { lon: place.lon, lat: place.lat, zoom: 7 });
  await idle();
  const colour = expected(greys, place.numbers.avg_daytime_lst[year], range);
  await assertColour(page, middle, colour, 'before');
  await page.evaluate(async () => {
    const gl = document.querySelector('canvas').getContext('webgl2');
    const extension = gl.getExtension('WEBGL_lose_context');
    const lost = new Promise((resolve) => gl.canvas.addEventListener('webglcontextlost', resolve, { once: true }));
    extension.loseContext();
    await lost;
    const restored = new Promise((resolve) => gl.canvas.addEventListener('webglcontextrestored', resolve, { once: true }));
    setTimeout(() => extension.restoreContext(), 50);
    await restored;
  });
  await idle();
  await assertColour(page, middle, colour, 'after');
  await close();
});
