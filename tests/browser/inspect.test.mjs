// Inspecting a place shows what the store holds there.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stage, storedValues } from './harness.mjs';

const values = storedValues();
const { visit } = await stage();

/** Numbers as the page gives them: kelvin, or null for no data. */
function kelvin(numbers) {
  return Object.fromEntries(
    Object.entries(numbers).map(([variable, years]) => [
      variable,
      Object.fromEntries(Object.entries(years).map(([year, number]) => [year, number === 0 ? null : number * 0.02])),
    ]),
  );
}

test('window.floe.inspect gives the stored values of every year and both variables', async () => {
  const { floe, close } = await visit();
  for (const [name, place] of Object.entries(values.places)) {
    const found = await floe('inspect', place.lon, place.lat);
    assert.deepEqual([found.row, found.col], [place.row, place.col], name);
    assert.deepEqual([found.lon, found.lat], [place.lon, place.lat], name);
    assert.deepEqual(found.values, kelvin(place.numbers), name);
  }
  await close();
});

test('a click shows the values in the panel, in the unit, and Escape closes them', async () => {
  const { page, floe, idle, close } = await visit();
  const place = values.places.inland;
  await floe('setView', { lon: place.lon, lat: place.lat, zoom: 6 });
  await idle();
  await page.mouse.click(500, 350);
  const inspector = page.locator('#inspector');
  const year = values.years.at(-1);
  const row = inspector.locator('tbody tr', { hasText: String(year) });
  const mean = place.numbers.avg_daytime_lst[year] * 0.02;
  await inspector.locator('svg.chart').waitFor();
  assert.match(await row.textContent(), new RegExp(`${Math.abs(mean - 273.15).toFixed(1)}\\s°C`));
  await page.locator('label.segment', { hasText: 'K' }).last().click();
  assert.match(await row.textContent(), new RegExp(`${mean.toFixed(1)}\\sK`));
  await idle();
  assert.equal(await page.evaluate(() => new URLSearchParams(location.search).get('unit')), 'K');
  await page.keyboard.press('Escape');
  await inspector.waitFor({ state: 'detached' });
  await close();
});

test('a place without data says so', async () => {
  const { page, floe, close } = await visit();
  const place = values.places['no data'];
  await floe('inspect', place.lon, place.lat);
  await page.getByText('No data here in any year.').waitFor();
  await close();
});

test('a place that is none is a TypeError', async () => {
  const { page, close } = await visit();
  const name = await page.evaluate(() => window.floe.inspect(0, 100).catch((error) => error.name));
  assert.equal(name, 'TypeError');
  await close();
});

test('a finger inspects a place, and does not press what rises under it', async () => {
  const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
  const { page, floe, idle, close } = await visit(phone);
  const newest = String(values.years.at(-1));
  const { lon, lat } = values.places.inland;
  const chosen = () => page.locator('.years input:checked + span').textContent();
  for (const long of [false, true]) {
    await floe('setView', { lon, lat, zoom: 5 });
    await idle();
    assert.equal(await chosen(), newest);
    // Where the oldest year comes to lie once the sheet has risen.
    await page.touchscreen.tap(195, 300);
    await page.locator('#inspector svg.chart').waitFor();
    const year = await page.locator('.years .segment').first().boundingBox();
    const [x, y] = [year.x + year.width / 2, year.y + year.height / 2];
    await page.locator('#inspector').getByRole('button').first().click();
    await page.locator('header .fold').click();
    await idle();
    const session = await page.context().newCDPSession(page);
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
    if (long) await page.waitForTimeout(800);
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await page.locator('#inspector svg.chart').waitFor();
    await page.waitForTimeout(400);
    assert.equal(await chosen(), newest, long ? 'long press' : 'tap');
    await idle();
    // The marker has come out from under the sheet.
    const place = await page.evaluate(() => new URLSearchParams(location.search).get('at').split(',').map(Number));
    const view = await floe('view');
    const sheet = await page.locator('.panel').boundingBox();
    const south = (((view.lat - place[0]) / 360) * 512 * 2 ** view.zoom) / Math.cos((view.lat * Math.PI) / 180);
    assert.ok(390 + south < sheet.y, `marker at ${390 + south}, sheet from ${sheet.y}`);
    await page.locator('#inspector').getByRole('button').first().click();
    await page.locator('header .fold').click();
  }
  await close();
});
