// What the page says of stores that others write, and how it colours them: stripes of one value each, see looks.py.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { colours, stage } from '../browser/harness.mjs';

const directory = process.env.FLOE_FOREIGN_STORES;
const names = ['cover', 'cover-and-floats', 'long-names', 'quality', 'vegetation', 'warmer', 'rain', 'wind', 'summaries'];
const stores = [...names.map((name) => `look-${name}`), 'plain'];
const { visit } = await stage(Object.fromEntries(stores.map((name) => [`/floe/${name}/`, join(directory, name)])));

/** The directory of a store. */
const home = (name) => (names.includes(name) ? `look-${name}` : name);

/** Opens a store with the middle of a stripe (0 to 11) in the middle of the map. */
async function look(name, stripe, query = '') {
  const page = await visit({ query: `?store=${home(name)}/&z=3&lat=10&lon=${-165 + 30 * stripe}&base=plain&smooth=0${query}` });
  await page.idle();
  assert.equal(await page.error(), null);
  return {
    ...page,
    /** The colour of a stripe. */
    async colour(stripe) {
      await page.floe('setView', { lon: -165 + 30 * stripe, lat: 10, zoom: 3 });
      await page.idle();
      const [[at], [around]] = [await colours(page.page, [[500, 350]]), await colours(page.page, [[506, 356]])];
      assert.deepEqual(at, around, 'a place without lines');
      return at;
    },
    text: (selector) => page.page.locator(selector).first().textContent(),
    texts: (selector) => page.page.locator(selector).allInnerTexts(),
    unfold: (section) => page.page.locator('summary', { hasText: section }).click(),
  };
}

const assertClose = (found, expected, what) =>
  assert.ok(found.every((channel, index) => Math.abs(channel - expected[index]) <= 2), `${what}: expected ${expected}, found ${found}`);

test('the page says what the store says of itself, and nothing else', async () => {
  const { page, text, close } = await look('cover', 3);
  assert.equal(await text('h1'), 'Floe Of something <b>else</b>');
  assert.equal(await page.title(), 'Floe: of something <b>else</b>');
  assert.equal(await page.locator('.legend-head span').first().innerText(), 'Land cover');
  await page.getByRole('button', { name: 'About this map' }).click();
  const about = await text('dialog[open]');
  for (const said of ['Twelve stripes.', 'Institute of Stripes, A drawing board', 'doi:10.1234/stripes.5', 'CC0-1.0']) {
    assert.ok(about.includes(said), said);
  }
  const links = await page.locator('dialog[open] dl a').evaluateAll((links) => links.map((link) => link.href));
  assert.deepEqual(links.slice(0, 2), ['https://example.org/stripes', 'https://doi.org/10.1234/stripes.5']);
  for (const foreign of ['MOD11A2', 'NASA', 'temperature']) assert.ok(!(await page.content()).includes(foreign), foreign);
  await close();
});

test('names of any length stay within the panel', async () => {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 400, height: 800 }, { width: 320, height: 568 }]) {
    const page = await visit({ query: '?store=look-long-names/&base=plain', viewport });
    await page.idle();
    const beyond = await page.page.evaluate(() => {
      const { left, right } = document.querySelector('.panel').getBoundingClientRect();
      const inside = [...document.querySelectorAll('.panel :is(button, input, label, p, select, span)')];
      const boxes = inside.map((element) => [element, element.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
      return boxes.filter(([, box]) => box.left < left - 1 || box.right > right + 1).map(([element]) => element.outerHTML.slice(0, 80));
    });
    assert.deepEqual(beyond, [], `${viewport.width} pixels`);
    await page.close();
  }
});

test('a store without words has none, and no status of tiles', async () => {
  const { page, text, close } = await look('plain', 3, '&status=1');
  assert.equal((await text('h1')).trim(), 'Floe');
  assert.equal(await page.getByRole('switch', { name: /status/i }).count(), 0);
  await page.getByRole('button', { name: 'About this map' }).click();
  assert.ok(!(await text('dialog[open]')).includes('MOD11A2'));
  await close();
});

test('the Python lines have the names of axes, at an inspected place', async () => {
  const { page, floe, text, close } = await look('cover', 3);
  await floe('inspect', -75, 10);
  await page.getByRole('button', { name: 'About this map' }).click();
  assert.match(await text('pre'), /dataset\.cover\..*sel\(\s*lat=10\.0000, lon=-75\.0000, method="nearest"/s);
  await close();
});

test('variables that differ in how they were summed up are called by that', async () => {
  const { texts, close } = await look('summaries', 3);
  assert.deepEqual(await texts('.data .segment'), ['Maximum', 'Minimum', '2020']);
  await close();
});

for (const name of ['cover', 'cover-and-floats']) {
  test(`${name}: classes have their colours, names and numbers`, async () => {
    const { page, floe, colour, texts, unfold, close } = await look(name, 3, '&smooth=1&cmap=greys');
    assert.deepEqual(await colour(3), [60, 195, 0x40]);
    assert.deepEqual(await colour(11), [220, 35, 0x40]);
    // What is no data is no class.
    const entries = await texts('.classes li');
    assert.equal(entries.length, 11);
    assert.equal(entries[0].trim(), 'kind 1 of cover');
    const swatch = page.locator('.classes .swatch').nth(2);
    assert.equal(await swatch.evaluate((swatch) => getComputedStyle(swatch).backgroundColor), 'rgb(60, 195, 64)');
    assert.equal(await page.locator('.legend').count(), 0);
    await unfold('Colours');
    assert.equal(await page.locator('#colormap').count(), 0);
    const { values } = await floe('inspect', -165 + 30 * 11, 10);
    assert.equal(values.cover[2020], 110);
    await page.locator('td .meaning').first().waitFor();
    assert.equal((await texts('td .meaning'))[0], 'kind 11 of cover');
    assert.equal(await page.locator('#inspector svg.chart').count(), 0, 'classes lie on no scale');
    await close();
  });
}

test('classes without colours have those of a palette, numbers without a class are grey', async () => {
  const { colour, close } = await look('cover', 3, '&var=cover_of_others');
  assert.deepEqual(await colour(0), [0x1f, 0x77, 0xb4]);
  assert.deepEqual(await colour(10), [0xae, 0xc7, 0xe8]);
  assert.deepEqual(await colour(11), [0x80, 0x80, 0x80]);
  await close();
});

test('bits are shown as numbers, and named in the inspector', async () => {
  const { page, floe, texts, close } = await look('quality', 3);
  await floe('inspect', -165 + 30 * 6, 10);
  await page.locator('td .meaning').first().waitFor();
  assert.deepEqual(await texts('td .meaning'), ['snow or ice, shadow']);
  assert.equal(await page.locator('.legend').count(), 1);
  await close();
});

test('colours span the valid range, and what lies beyond is no data', async () => {
  const { page, floe, colour, close } = await look('vegetation', 3, '&cmap=greys');
  const ends = await page.getByRole('slider', { name: /colour$/ }).evaluateAll((ends) => ends.map((end) => end.ariaValueNow));
  assert.deepEqual(ends, ['-0.2', '1']);
  assertClose(await colour(5), Array(3).fill(Math.floor((0.6 / 1.2) * 256)), '0.4');
  const [missing, least] = [await colour(0), await colour(1)];
  assert.notDeepEqual(missing, least);
  const { values } = await floe('inspect', -165, 10);
  assert.equal(values.ndvi[2020], null);
  await close();
});

test('differences have colours on both sides of zero, and can be turned round', async () => {
  const page = await look('warmer', 2);
  const ends = await page.page.getByRole('slider', { name: /colour$/ }).evaluateAll((ends) => ends.map((end) => Number(end.ariaValueNow)));
  // Of what is on the screen: three stripes.
  assert.deepEqual(ends, [-0.5, 0.5]);
  await page.unfold('Colours');
  assert.equal(await page.page.locator('#colormap').inputValue(), 'vik');
  assert.deepEqual(await page.page.locator('#colormap optgroup').evaluateAll((groups) => groups.map((group) => group.label)), [
    'Sequential',
    'Diverging',
    'Cyclic',
  ]);
  // Vik: white at zero, red where it is warm.
  const [zero, warm] = [await page.colour(2), await page.colour(10)];
  assert.ok(Math.min(...zero) > 0xd0, `zero is white: ${zero}`);
  assert.ok(warm[0] > warm[2] + 60, `warm is red: ${warm}`);
  await page.page.getByRole('switch', { name: 'Reversed' }).check();
  const turned = await page.colour(10);
  assert.ok(turned[2] > turned[0] + 60, `reversed it is blue: ${turned}`);
  await page.page.waitForFunction(() => new URLSearchParams(location.search).get('reversed') === '1');
  await page.close();
});

test('colours follow the logarithm on demand, where all of the range is positive', async () => {
  const page = await look('rain', 5, '&cmap=greys&min=1e-9&max=1e-1');
  const linear = await page.colour(5);
  assertClose(linear, [0, 0, 0], '1e-5 of 1e-1');
  await page.unfold('Colours');
  const requests = [];
  page.page.on('request', (request) => request.url().includes('/look-') && requests.push(request.url()));
  await page.page.getByRole('switch', { name: 'Logarithmic' }).check();
  assertClose(await page.colour(5), [128, 128, 128], '1e-5 between 1e-9 and 1e-1');
  assertClose(await page.colour(3), [64, 64, 64], '1e-7');
  // Zero lies below the range, and is data.
  assertClose(await page.colour(0), [0, 0, 0], '0');
  assert.deepEqual(requests, []);
  assert.deepEqual((await page.texts('.legend-ticks span')).slice(0, 2), ['1e-11', '1e-9']);
  await page.page.waitForFunction(() => new URLSearchParams(location.search).get('log') === '1');
  await page.close();
});

test('a logarithm that the range does not have is not taken', async () => {
  const { page, unfold, colour, close } = await look('warmer', 5, '&log=1&cmap=greys&min=-1&max=4');
  assertClose(await colour(2), Array(3).fill(Math.floor(0.2 * 256)), '0');
  await unfold('Colours');
  assert.equal(await page.getByRole('switch', { name: 'Logarithmic' }).count(), 0);
  await close();
});

test('directions go round', async () => {
  const { page, unfold, colour, close } = await look('wind', 3);
  const ends = await page.getByRole('slider', { name: /colour$/ }).evaluateAll((ends) => ends.map((end) => end.ariaValueNow));
  assert.deepEqual(ends, ['0', '360']);
  await unfold('Colours');
  assert.equal(await page.locator('#colormap').inputValue(), 'phase');
  const [first, last] = [await colour(0), await colour(11)];
  assert.ok(first.every((channel, index) => Math.abs(channel - last[index]) < 50), `${first} and ${last}`);
  await close();
});
