// The map draws what the store holds: pixels read back against numbers that Python reads.

import { test } from 'node:test';

import { assertColour, grey, style, values, year } from './colour.mjs';
import { visit } from './page.mjs';

const middle = [500, 350];

for (const projection of ['mercator', 'globe', 'equirectangular']) {
  test(`on ${projection} the drawn pixels have the colours of the stored values`, async () => {
    const page = await visit({ query: `?proj=${projection}&z=7&${style}` });
    for (const [name, place] of Object.entries(values.places)) {
      if (name === 'no data' || (projection === 'mercator' && Math.abs(place.lat) > 84)) continue;
      await page.floe('setView', { lon: place.lon, lat: place.lat, zoom: 7 });
      await page.idle();
      await assertColour(page, middle, grey(place.numbers.avg_daytime_lst[year]), `${projection}, ${name}`);
    }
    await page.close();
  });
}

test('a WebGL context that is taken away for good gets a new canvas with the same picture', async () => {
  const page = await visit({ query: `?z=7&${style}`, expectErrors: true });
  const place = values.places.inland;
  await page.floe('setView', { lon: place.lon, lat: place.lat, zoom: 7 });
  await page.idle();
  await page.evaluate(() => document.querySelector('canvas').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext());
  await page.idle();
  await assertColour(page, middle, grey(place.numbers.avg_daytime_lst[year]), 'after');
  // It still answers to the mouse.
  await page.click(...middle);
  await page.until(() => document.querySelector('#inspector svg.chart') !== null);
  await page.close();
});

test('workers that the browser has ended are started anew, and the map goes on', async () => {
  const page = await visit({ query: `?z=3&${style}` });
  await page.idle();
  const place = values.places.inland;
  await page.evaluate(() => {
    // The next message finds its worker gone, and nobody is told.
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (...message) {
      Worker.prototype.postMessage = post;
      this.terminate();
      post.apply(this, message);
    };
  });
  await page.floe('setView', { lon: place.lon, lat: place.lat, zoom: 7 });
  await page.idle();
  await assertColour(page, middle, grey(place.numbers.avg_daytime_lst[year]), 'after');
  await page.close();
});
