// The page over stores whose pixels lie in other places than those of a globe from 180° W and 90° N: the picture has the colour of
// the pixel that the coordinates of each level put there, in all projections; window.floe.inspect gives its number; beside the data
// there are none.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { colours, dist, launch, open, site } from '../browser/harness.mjs';
import { areRefused } from './refused.mjs';

const directory = process.env.FLOE_SPACE_STORES;
const listed = (name) => JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'));
const [shown, refused] = [listed('space'), listed('elsewhere')];
const [WIDTH, HEIGHT] = [1000, 700];
/** Stores that are looked at in every projection: in the others rows are computed as in Mercator. */
const flat = new Set(['south-first', 'region', 'poles', 'stretched']);
/** A base map without names: their halos are as grey as the data. */
const nameless = mkdtempSync(join(tmpdir(), 'floe-nameless-'));
let browser, server;

before(async () => {
  const names = [...Object.keys(shown), ...Object.keys(refused)];
  const mounts = Object.fromEntries(names.map((name) => [`/floe/${name}/`, join(directory, name)]));
  cpSync(join(dist, 'basemap'), nameless, { recursive: true });
  writeFileSync(join(nameless, 'places.bin'), Buffer.from([...Buffer.from('FLP1'), 1, 0]));
  mounts['/floe/basemap/'] = nameless;
  [browser, server] = await Promise.all([launch(), site(mounts)]);
});
after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(nameless, { recursive: true });
});

/** The number at a pixel in 2021, as space.py writes it. */
const number = (level, row, col) => ((7 * row + 13 * col + 40 * level) % 199) + 20 + 300;
/** The grey that a number has between 320 and 540. */
const grey = (value) => Math.floor(Math.min(((value - 320) / 220) * 256, 255));

const rad = Math.PI / 180;
const turned = (degrees) => ((degrees + 540) % 360 + 360) % 360 - 180;

/** Where a coordinate has a place: index of the pixel, and how far from its edges in pixels; nothing outside. */
function along(centres, at, step) {
  const position = at / step + 0.5;
  const index = Math.floor(position);
  if (index < 0 || index >= centres.length) return null;
  return { index, room: Math.min(position - index, index + 1 - position) };
}

/** What rows are steps of at a latitude: itself, or Mercator's northing in degrees. */
const northing = (mercator, lat) => (mercator ? Math.asinh(Math.tan(lat * rad)) / rad : lat);
/** The latitude of such a number. */
const latitude = (mercator, north) => (mercator ? Math.atan(Math.sinh(north * rad)) / rad : north);

/** The pixel of a level at a place. */
function pixel({ lat, lon, mercator }, place) {
  const [dlat, dlon] = [(lat.at(-1) - lat[0]) / (lat.length - 1), step(lon)];
  const row = along(lat, northing(mercator, place.lat) - lat[0], dlat);
  // Eastwards from the western edge.
  const east = (((place.lon - lon[0] + dlon / 2) % 360) + 360) % 360;
  const col = along(lon, east - dlon / 2, dlon);
  return Math.abs(place.lat) > 90 || !row || !col ? null : { row: row.index, col: col.index, room: Math.min(row.room, col.room) };
}

const step = (lon) => (((lon[1] - lon[0]) % 360) + 360) % 360;

/** The place at a point of the screen. */
function unproject(projection, view, x, y) {
  const world = 512 * 2 ** view.zoom;
  const [dx, dy] = [x - WIDTH / 2, HEIGHT / 2 - y];
  if (projection === 'globe') {
    const radius = world / (2 * Math.PI);
    const [a, b] = [dx / radius, dy / radius];
    const depth = Math.sqrt(1 - a * a - b * b);
    if (Number.isNaN(depth) || a * a + b * b > 0.9) return null;
    const [s, c] = [Math.sin(view.lat * rad), Math.cos(view.lat * rad)];
    const lat = Math.asin(depth * s + b * c) / rad;
    return { lat, lon: turned(view.lon + Math.atan2(a, depth * c - b * s) / rad) };
  }
  const lon = turned(view.lon + (dx / world) * 360);
  if (projection === 'equirectangular') return { lon, lat: view.lat + (dy / world) * 360 };
  const north = Math.asinh(Math.tan(view.lat * rad)) + (dy / world) * 2 * Math.PI;
  return { lon, lat: Math.atan(Math.sinh(north)) / rad };
}

/** A place amid the data, off their middle. */
function amid({ lat, lon, mercator }) {
  const [row, col] = [Math.floor(lat.length * 0.4), Math.floor(lon.length * 0.55)];
  return { lat: latitude(mercator, lat[row]), lon: turned(lon[col]) };
}

/** Whether what surrounds the data has the colour of the base map there: no grey of its own. */
const isGrey = ([red, green, blue]) => red === green && green === blue;

for (const [name, levels] of Object.entries(shown)) {
  test(`${name}: each level is drawn where its coordinates say, and beside it there is nothing`, async () => {
    const counts = { pixels: 0, outside: 0, covered: 0 };
    for (const projection of flat.has(name) ? ['mercator', 'globe', 'equirectangular'] : ['mercator', 'globe']) {
      const middle = amid(levels[0]);
      const page = await open(browser, server.url, {
        query: `?store=${name}/&year=2021&z=3&proj=${projection}&cmap=greys&min=320&max=540&base=plain&smooth=0&lon=${middle.lon}&lat=${middle.lat}`,
      });
      await page.idle();
      assert.equal(await page.error(), null);
      for (const [level, place] of levels.entries()) {
        // Some device pixels for each pixel, so that this level suits best.
        const zoom = Math.log2(360 / (512 * step(place.lon))) + (levels.length > 1 ? 0.35 : 4.3);
        await page.floe('setView', { ...amid(place), zoom: Math.min(Math.max(zoom, levels.length > 1 ? 0.5 : 1.5), 9) });
        await page.idle();
        await check(page, { name, projection, view: await page.floe('view'), place, level, counts });
      }
      if (levels.length === 1) {
        // From afar, where the data begin.
        const [place, { zoom }] = [levels[0], await page.floe('view')];
        await page.floe('setView', { lat: latitude(place.mercator, place.lat[0]), lon: turned(place.lon[0]), zoom: zoom - 1 });
        await page.idle();
        await check(page, { name, projection, view: await page.floe('view'), place, level: 0, counts });
      }
      await keep(page, `${name}-${projection}`);
      if (projection === 'mercator') await inspect(page, levels[0]);
      await page.close();
    }
    assert.ok(counts.pixels > 100 && counts.covered < counts.pixels / 5, `compared: ${JSON.stringify(counts)}`);
  });
}

/** Compares points all over the screen. */
async function check(page, { name, projection, view, place, level, counts }) {
  const points = [];
  for (let i = 0; i < 12; i++) {
    for (let j = 0; j < 9; j++) {
      // Right of the panel.
      const [x, y] = [420 + i * 43 + ((j * 7) % 5), 60 + j * 67 + ((i * 3) % 7)];
      const there = unproject(projection, view, x + 0.5, y + 0.5);
      // Far north a device pixel of the globe holds several of Mercator's rows.
      const isCrowded = there && place.mercator && projection === 'globe' && Math.abs(there.lat) > 60;
      if (there && !isCrowded && Math.abs(there.lat) < 89.5) points.push({ x, y, there, pixel: pixel(place, there) });
    }
  }
  const seen = await colours(page.page, points.map(({ x, y }) => [x, y]));
  for (const [index, { x, y, there, pixel }] of points.entries()) {
    const label = `${name} level ${level}, ${projection}, ${x},${y} at ${there.lat}, ${there.lon}`;
    if (pixel && pixel.room > 0.12) {
      const expected = grey(number(level, pixel.row, pixel.col));
      const [red] = seen[index];
      // Coasts are not grey.
      const isCovered = !isGrey(seen[index]);
      assert.ok(isCovered || Math.abs(red - expected) <= 2, `${label}: expected grey ${expected}, found ${seen[index]}`);
      counts[isCovered ? 'covered' : 'pixels'] += 1;
    } else if (!pixel && isOutside(place, there)) {
      assert.ok(!isGrey(seen[index]), `${label}: expected no data, found ${seen[index]}`);
      counts.outside += 1;
    }
  }
}

/** Whether a place lies beyond the data by a pixel and more. */
function isOutside(place, { lat, lon }) {
  const [dlat, dlon] = [Math.abs(place.lat[1] - place.lat[0]), step(place.lon)];
  const near = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => ({ lat: lat + dy * dlat * 1.1, lon: lon + dx * dlon * 1.1 })));
  return near.every((other) => pixel(place, other) === null);
}

/** Numbers at pixels all over the data, and none beside them. */
async function inspect(page, place) {
  const [dlat, dlon] = [place.lat[1] - place.lat[0], step(place.lon)];
  for (const [a, b] of [[0, 0], [0.2, 0.7], [0.5, 0.5], [0.99, 0.01], [1, 1]]) {
    const row = Math.min(Math.floor(a * place.lat.length), place.lat.length - 1);
    const col = Math.min(Math.floor(b * place.lon.length), place.lon.length - 1);
    // A meridian that is there twice is shown once.
    if (col * dlon >= 359.9) continue;
    const lat = Math.min(Math.max(latitude(place.mercator, place.lat[row] + dlat * 0.2), -90), 90);
    const found = await page.floe('inspect', turned(place.lon[col] + dlon * 0.2), lat);
    assert.deepEqual([found.row, found.col], [row, col]);
    const expected = number(0, row, col);
    assert.deepEqual(found.values.level, { 2020: expected - 300, 2021: expected }, JSON.stringify(found));
  }
  const west = turned(place.lon[0] - dlon * 1.5);
  const beside = { lat: latitude(place.mercator, place.lat[Math.floor(place.lat.length / 2)]), lon: west };
  if (pixel(place, beside) === null) {
    const found = await page.floe('inspect', beside.lon, beside.lat);
    assert.deepEqual(found.values.level, { 2020: null, 2021: null });
    assert.deepEqual([found.row, found.col], [null, null]);
  }
}

/** Keeps a picture for people, where somebody wants one. */
async function keep(page, name) {
  const pictures = process.env.FLOE_PICTURES;
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(pictures, `${name}.png`), await page.page.screenshot());
}

test('a region is seen as a whole when a link names no view, and nothing else is fetched', async () => {
  const page = await open(browser, server.url, { query: '?store=region/&cmap=greys' });
  await page.idle();
  const view = await page.floe('view');
  assert.ok(Math.abs(view.lon - 12.5) < 0.5 && Math.abs(view.lat - 50) < 2 && view.zoom > 3 && view.zoom < 6, JSON.stringify(view));
  await keep(page, 'region-at-first');
  await page.close();
});

areRefused(refused, (options) => open(browser, server.url, options));
