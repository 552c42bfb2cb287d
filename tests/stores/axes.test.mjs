// Axes beside latitude and longitude on the page: links, hooks, controls and what is said of what is not there.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, open, site } from '../browser/harness.mjs';

const directory = process.env.FLOE_FOREIGN_STORES;
let browser, server;

before(async () => {
  const names = ['hourly', 'deep', 'side-by-side', 'groups', 'z-levels', 'cf-hours'];
  const mounts = Object.fromEntries(names.map((name) => [`/floe/${name}/`, join(directory, name)]));
  [browser, server] = await Promise.all([launch(), site(mounts)]);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** The keys of the page's address. */
const query = (page) => Object.fromEntries(new URL(page.url()).searchParams);

test('a year of hours is shown at one, and a click reads the hours around it', async () => {
  const { page, floe, idle, error, close } = await open(browser, server.url, { query: '?store=hourly/&time=2020-06-15T20' });
  await idle();
  assert.equal(await error(), null);
  assert.equal((await floe('view')).axes.time, '2020-06-15T20:00:00');
  const found = await floe('inspect', 20.5, 46);
  const labels = Object.keys(found.values.t);
  assert.equal(labels.length, 32);
  assert.ok(labels.includes('2020-06-15T20:00:00'), String(labels));
  assert.deepEqual(found.part, { t: [32, 8784] });
  // Hours 4000 to 4049 are written; this one is 4004.
  assert.ok(Math.abs(found.values.t['2020-06-15T20:00:00'] - found.values.t['2020-06-15T16:00:00'] - 4) < 1e-3);
  assert.equal(found.values.t['2020-06-15T15:00:00'], null);
  await page.getByText('32 of 8784 steps were read here.').waitFor();
  const dataset = await floe('dataset');
  assert.equal(dataset.axes[0].labels.length, 8784);
  assert.equal(dataset.axes[0].kind, 'time');

  await page.getByRole('button', { name: 'Next: Time' }).click();
  await idle();
  assert.equal(query(page).time, '2020-06-15T21:00:00');
  await page.getByRole('textbox', { name: 'Time' }).fill('2020-06-16');
  await page.getByRole('textbox', { name: 'Time' }).press('Enter');
  await idle();
  assert.equal((await floe('view')).axes.time, '2020-06-16T00:00:00');
  await page.getByRole('slider', { name: 'Time' }).press('Home');
  await page.waitForFunction(() => window.floe.view().axes.time === '2020-01-01T00:00:00');
  await close();
});

test('each axis has a control, a key in links and a place in the hooks', async () => {
  const { page, floe, idle, close } = await open(browser, server.url, { query: '?store=deep/&time=2020-01-02&depth=10&utm=x' });
  await idle();
  assert.deepEqual((await floe('view')).axes, { time: '2020-01-02', depth: '10' });
  const ten = await floe('inspect', 20.5, 46);
  assert.deepEqual(Object.keys(ten.values.t), ['2020-01-01', '2020-01-02', '2020-01-03', '2020-01-04']);
  await page.getByRole('group', { name: 'Depth' }).getByRole('radio', { name: '200 m' }).check();
  await idle();
  assert.equal(query(page).depth, '200');
  assert.equal(query(page).utm, 'x');
  const deep = await floe('inspect', 20.5, 46);
  // The fields of a depth lie 3 K below those of the next.
  assert.ok(Math.abs(deep.values.t['2020-01-01'] - ten.values.t['2020-01-01'] - 3) < 1e-3);
  await floe('select', { axes: { time: '2020-01-04', depth: 0.5 } });
  await idle();
  assert.deepEqual((await floe('view')).axes, { time: '2020-01-04', depth: '0.5' });
  const said = (what) => page.evaluate((what) => {
    try {
      window.floe.select(what);
    } catch (error) {
      return String(error);
    }
  }, what);
  assert.match(await said({ axes: { depth: 7 } }), /TypeError: depth must be one of \[0\.5, 10, 200\], found 7/);
  assert.match(await said({ axes: { level: 7 } }), /TypeError: level must be one of the axes/);
  const { variables, axes } = await floe('dataset');
  assert.deepEqual(variables[0].axes, ['time', 'depth']);
  assert.deepEqual(axes.map(({ units, kind, labels }) => [units, kind, labels.length]), [['', 'time', 4], ['m', 'number', 3]]);
  await close();
});

test('what is not there becomes the step before it, and that is said', async () => {
  const { page, floe, idle, close } = await open(browser, server.url, { query: '?store=deep/&time=2020-01-20&depth=7' });
  await idle();
  assert.deepEqual((await floe('view')).axes, { time: '2020-01-04', depth: '0.5' });
  await page.getByText('There is no time 2020-01-20: 2020-01-04 is shown. There is no depth 7: 0.5 is shown.').waitFor();
  await close();
});

test('variables of other axes stand side by side, and what cannot be drawn is told', async () => {
  const { page, floe, idle, close } = await open(browser, server.url, { query: '?store=side-by-side/' });
  await idle();
  assert.deepEqual((await floe('dataset')).variables.map(({ name }) => name), ['elevation', 'salinity', 't']);
  await page.getByText('1 thing in this store is not shown').click();
  await page.getByText("'/half': expected data_type to be an integer").waitFor();
  for (const [variable, axes] of [['elevation', {}], ['salinity', { depth: '0.5' }], ['t', { time: '2020-01-04', depth: '0.5' }]]) {
    await floe('select', { variable });
    await idle();
    assert.deepEqual((await floe('view')).axes, axes);
  }
  await close();
});

test('playing goes along time', async () => {
  const { page, idle, close } = await open(browser, server.url, { query: '?store=cf-hours/&time=2021-07-01T03' });
  await idle();
  await page.getByRole('button', { name: 'Play: Time' }).click();
  await page.waitForFunction(() => window.floe.view().axes.time >= '2021-07-01T05');
  await close();
});
