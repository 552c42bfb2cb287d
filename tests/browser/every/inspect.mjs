// Inspecting a place shows what the store holds there.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { values } from './colour.mjs';
import { visit } from './page.mjs';

test('window.floe.inspect gives the stored values', async () => {
  const page = await visit();
  for (const [place, { lon, lat, row, col, numbers }] of Object.entries(values.places)) {
    const found = await page.floe('inspect', lon, lat);
    assert.deepEqual([found.row, found.col], [row, col], place);
    for (const [variable, years] of Object.entries(numbers)) {
      for (const [year, number] of Object.entries(years)) {
        assert.equal(found.values[variable][year], number === 0 ? null : number * 0.02, `${place} ${variable} ${year}`);
      }
    }
  }
  await page.close();
});

for (const [how, touch] of [['click', false], ['tap', true]]) {
  test(`a ${how} shows the values in the panel`, async () => {
    const page = await visit(touch ? { touch, width: 500, height: 780 } : {});
    const { lon, lat } = values.places.inland;
    await page.floe('setView', { lon, lat, zoom: 6 });
    await page.idle();
    await page[how](...(touch ? [250, 390] : [500, 350]));
    await page.until(() => document.querySelector('#inspector svg.chart') !== null);
    await page.idle();
    const at = (await page.query()).get('at').split(',').map(Number);
    assert.ok(Math.abs(at[0] - lat) < 0.05 && Math.abs(at[1] - lon) < 0.05, String(at));
    await page.close();
  });
}

test("Safari's pinch on a trackpad zooms the map, and not the page", async () => {
  const page = await visit({ query: '?z=3' });
  await page.idle();
  const before = (await page.floe('view')).zoom;
  const prevented = await page.evaluate(() => {
    const canvas = document.querySelector('canvas');
    return ['gesturestart', 'gesturechange', 'gestureend'].map((type) => {
      const event = new Event(type, { bubbles: true, cancelable: true });
      Object.assign(event, { scale: type === 'gesturestart' ? 1 : 2, clientX: 500, clientY: 350 });
      canvas.dispatchEvent(event);
      return event.defaultPrevented;
    });
  });
  assert.deepEqual(prevented, [true, true, true]);
  await page.idle();
  assert.ok(Math.abs((await page.floe('view')).zoom - before - 1) < 0.001);
  await page.close();
});
