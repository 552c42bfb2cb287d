// The page over stores that others write: window.floe.inspect gives what xarray reads, the picture has its colours, and what
// cannot be shown right is refused in a sentence.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { colours, launch, open, site } from '../browser/harness.mjs';
import { areRefused } from './refused.mjs';

const directory = process.env.FLOE_FOREIGN_STORES;
const listed = (name) => JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'));
const [shown, refused] = [listed('shown'), listed('refused')];
let browser, server;

before(async () => {
  const names = [...Object.keys(shown), ...Object.keys(refused)];
  const mounts = Object.fromEntries(names.map((name) => [`/floe/${name}/`, join(directory, name)]));
  [browser, server] = await Promise.all([launch(), site(mounts)]);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Whether two values are the same but for rounding. */
const same = (a, b) => (a === null || b === null ? a === b : Math.abs(a - b) <= Math.abs(b) * 1e-12);

/** The grey that the range of the query gives to the inspected value: it lies at two fifths. */
const GREY = Array(3).fill(Math.floor(0.4 * 256));

/** The colours of the first classes: matplotlib's tab20, full ones. */
const CLASSES = ['1f77b4', 'ff7f0e', '2ca02c', 'd62728', '9467bd', '8c564b', 'e377c2', '7f7f7f', 'bcbd22', '17becf'];

for (const [name, { kelvin, classes, axis, places }] of Object.entries(shown)) {
  test(`${name}: inspected values are those of xarray, and so are the colours`, async () => {
    const last = ({ values }) => Object.entries(Object.values(values)[0]).at(-1);
    const place = places.find((place) => last(place)[1] !== null);
    const [[variable], [label, value]] = [Object.keys(place.values), last(place)];
    // An axis called z has another key than the zoom.
    const step = axis === null ? '' : `&${axis === 'z' ? 'axis.z' : axis}=${encodeURIComponent(label)}`;
    // Wide enough for a link's decimals and a float's digits.
    const [base, span] = [value + kelvin, Math.max(Math.abs(value + kelvin) / 4, 1e-9)];
    const [min, max] = [base - 0.402 * span, base + 0.598 * span];
    const page = await open(browser, server.url, {
      query: `?store=${name}/${step}&z=6&cmap=greys&min=${min}&max=${max}&base=plain&smooth=0&lon=${place.lon}&lat=${place.lat}`,
    });
    await page.idle();
    assert.equal(await page.error(), null);
    const around = [[500, 350], [510, 350], [490, 350], [500, 360], [500, 340]];
    const seen = await colours(page.page, around);
    const right = classes ? [...Buffer.from(CLASSES[classes.indexOf(value)], 'hex')] : GREY;
    const fit = seen.filter((colour) => colour.every((channel, index) => Math.abs(channel - right[index]) <= 2));
    assert.ok(fit.length >= 3, `${variable} ${label} at the middle: expected ${right}, found ${JSON.stringify(seen)}`);
    for (const { lat, lon, values } of places) {
      const found = await page.floe('inspect', lon, lat);
      assert.deepEqual(Object.keys(found.values), Object.keys(values));
      assert.equal(found.part, undefined);
      for (const [variable, series] of Object.entries(values)) {
        assert.deepEqual(Object.keys(found.values[variable]).sort(), Object.keys(series).sort());
        for (const [label, value] of Object.entries(series)) {
          const seen = found.values[variable][label];
          assert.ok(same(seen, value), `${variable} ${label} at ${lat}, ${lon}: expected ${value}, found ${seen}`);
        }
      }
    }
    await page.close();
  });
}

test('a scale of many digits is the one that was written, to the last bit', async () => {
  const scale = 127.84953530100033;
  const page = await open(browser, server.url, { query: '?store=many-digits/&base=plain' });
  for (const { lat, lon } of shown['many-digits'].places) {
    const { values } = await page.floe('inspect', lon, lat);
    for (const value of Object.values(Object.values(values)[0])) assert.equal(value, Math.round(value / scale) * scale);
  }
  await page.close();
});

areRefused(refused, (options) => open(browser, server.url, options));
