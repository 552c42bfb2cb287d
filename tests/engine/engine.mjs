// Compares what the map draws, pixel by pixel, with the colours that the numbers imply.
//
//     node tests/engine/engine.mjs DIST [PICTURES]      (ONLY='part of a name' runs fewer)
//
// DIST holds engine.js and engine_bg.wasm as wasm-bindgen (--target web) makes them of the example;
// screenshots go to PICTURES.
import assert from 'node:assert/strict';

import { compare, expectEqual, finish, picture, projections, show, test } from './harness.mjs';

await test('every pixel has the colour of its cell, in all projections, down to one pixel of data', {}, async (page) => {
  for (const projection of projections) {
    for (const [lon, lat, zoom] of [[12.34, 45.67, 9], [100.005, 0.0, 12], [-70, -33.333, 14]]) {
      await show(page, lon, lat, zoom, projection);
      expectEqual(await compare(page, { level: 0 }), `${projection} ${lon} ${lat} ${zoom}`);
    }
  }
});

await test('coarse levels are drawn where they are enough', {}, async (page) => {
  for (const projection of projections) {
    // Zoomed out a cell is about a pixel: within half a pixel one of the neighbours.
    await show(page, 10, 20, 5.05, projection);
    const compared = await compare(page, { level: 1, slack: 0.4, size: [300, 200, 980, 600] });
    expectEqual(compared, `${projection} zoom 5`);
    assert.ok(compared.missing > 0, 'some cells are missing');
    await page.evaluate(() => map.style(0, 1, false));
  }
});

await test('the antimeridian has no seam', {}, async (page) => {
  for (const projection of projections) {
    for (const zoom of [9, 12]) {
      await show(page, 180, 66.5, zoom, projection);
      expectEqual(await compare(page, { level: 0, step: 5 }), `${projection} ${zoom}`);
      await show(page, -179.98, -16.5, zoom, projection);
      expectEqual(await compare(page, { level: 0, step: 5 }), `${projection} ${zoom}`);
    }
  }
  await picture(page, 'antimeridian');
});

await test('the poles are drawn', {}, async (page) => {
  await show(page, 30, 89.9, 9, 'globe');
  // Near a pole the cells are slivers, up to seventeen in a pixel.
  const around = await compare(page, { level: 0, slack: 0.3, samples: 15, step: 13, size: [0, 0, 1280, 300] });
  expectEqual(around, 'north');
  await picture(page, 'pole');
  await show(page, 30, -85, 9, 'globe');
  expectEqual(await compare(page, { level: 0 }), 'near the south pole');
  await show(page, 30, -89.5, 9, 'equirectangular');
  expectEqual(await compare(page, { level: 0 }), 'south');
  await show(page, 30, 85, 9, 'mercator');
  expectEqual(await compare(page, { level: 0 }), 'Mercator');
});

await test('the edge of a pixel lies where it belongs', {}, async (page) => {
  for (const projection of projections) {
    await show(page, 10.01, 45.02, 12, projection);
    const result = await compare(page, { level: 0, step: 1, slack: 0.02, size: [540, 300, 740, 500] });
    expectEqual(result, projection, 30000);
  }
});

await test('a fine screen gets fine pixels', { deviceScaleFactor: 2.5 }, async (page) => {
  for (const projection of projections) {
    await show(page, 10.01, 45.02, 11, projection);
    expectEqual(await compare(page, { level: 0, step: 11 }), projection);
  }
  assert.equal(await page.evaluate(() => document.getElementById('map').width), 3200);
});

await test('range, colours and opacity change without a request, the year with requests of its own', {}, async (page) => {
  await show(page, 12, 45, 9, 'mercator');
  const before = await page.evaluate(() => map.asked().length);
  await page.evaluate(async () => { map.style(0, 0.5, true); await map.whenIdle(); });
  assert.equal(await page.evaluate(() => map.asked().length), before);
  await page.evaluate(async () => { map.style(1, 1, false); await map.whenIdle(); });
  expectEqual(await compare(page, { level: 0, year: 1 }), 'year 1');
  const after = await page.evaluate(() => map.asked().length);
  assert.ok(after > before);
  await page.evaluate(async () => { map.style(0, 1, false); await map.whenIdle(); });
  expectEqual(await compare(page, { level: 0 }), 'year 0 again');
  assert.equal(await page.evaluate(() => map.asked().length), after, 'a year that was seen is kept');
});

await test('the coarser level is shown until the finer has arrived', {}, async (page) => {
  await show(page, 12.2, 44.7, 5, 'mercator');
  await page.evaluate(() => { map.hold(true); map.setView(12.2, 44.7, 9); });
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => map.idle()), false);
  expectEqual(await compare(page, { level: 1 }), 'held back');
  await page.evaluate(() => { map.hold(false); return map.whenIdle(); });
  expectEqual(await compare(page, { level: 0 }), 'arrived');
});

await test('a world view asks for the six chunks of the coarsest level only', {}, async (page) => {
  await show(page, 0, 20, 1, 'mercator');
  assert.deepEqual(await page.evaluate(() => map.asked().sort()),
    ['0/5/0/0', '0/5/0/1', '0/5/0/2', '0/5/1/0', '0/5/1/1', '0/5/1/2']);
});

await test('a chunk that fails is named, and the map is idle without it', { field: 'broken' }, async (page) => {
  await show(page, 12, 45, 9, 'mercator');
  const events = await page.evaluate(() => map.events());
  assert.ok(events.some((event) => event.includes('made to fail')), events.join());
});

await test('a lost context comes back', { complaints: ['CONTEXT_LOST', 'WebGL'] }, async (page) => {
  await show(page, 12.2, 44.7, 9, 'mercator');
  const lists = await page.evaluate(async () => {
    const gl = document.getElementById('map').getContext('webgl2');
    const loss = gl.getExtension('WEBGL_lose_context');
    loss.loseContext();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = map.lists().length;
    loss.restoreContext();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await map.whenIdle();
    return [...map.lists()].slice(before);
  });
  expectEqual(await compare(page, { level: 0 }), 'restored');
  // A source does not answer the same list twice: it is told first that nothing of it is there any more.
  assert.equal(lists[0], 0);
  assert.ok(lists[1] > 0, `asked for ${lists} chunks`);
});

await test('the map follows the size of its canvas', {}, async (page) => {
  await show(page, 12.2, 44.7, 9, 'mercator');
  await page.setViewportSize({ width: 700, height: 500 });
  await page.waitForFunction(() => document.getElementById('map').width === 700);
  await page.evaluate(() => map.whenIdle());
  const result = await compare(page, { level: 0 });
  assert.equal(result.total, 700);
  expectEqual(result, 'smaller');
});

await test('mouse, wheel and keyboard move the map', { reduced: false }, async (page) => {
  await show(page, 10, 40, 5, 'mercator');
  const place = await page.evaluate(() => [...map.unproject(700, 300)]);
  await page.mouse.move(700, 300);
  await page.mouse.down();
  for (let i = 1; i <= 10; i++) await page.mouse.move(700 - i * 20, 300 + i * 10);
  const at = await page.evaluate(([lon, lat]) => [...map.project(lon, lat)], place);
  assert.ok(Math.hypot(at[0] - 500, at[1] - 400) < 1, `dragged to ${at}`);
  // A pointer that rests before it lets go does not glide, and a busy machine delays what the driver sends: the
  // page itself moves on, at a pace of its own.
  await page.evaluate(() => {
    const canvas = document.getElementById('map');
    const send = (type, clientX) => {
      const options = { pointerId: 1, pointerType: 'mouse', clientX, clientY: 400, buttons: 1, bubbles: true };
      canvas.dispatchEvent(new PointerEvent(type, options));
    };
    const wait = (duration) => {
      const begun = performance.now();
      while (performance.now() - begun < duration);
    };
    // Held up in between it would rest as well: then it goes back, and once more.
    for (let tries = 0, longest = Infinity; tries < 20 && longest > 20; tries++) {
      send('pointermove', 500);
      wait(200);
      longest = 0;
      for (let i = 1; i <= 5; i++) {
        const begun = performance.now();
        wait(8);
        send('pointermove', 500 - i * 20);
        longest = Math.max(longest, performance.now() - begun);
      }
    }
    send('pointerup', 400);
  });
  await page.mouse.up();
  await page.evaluate(() => map.whenIdle());
  const glided = await page.evaluate(([lon, lat]) => [...map.project(lon, lat)], place);
  assert.ok(glided[0] < 395, `glides on to ${glided}`);

  const under = await page.evaluate(() => [...map.unproject(900, 200)]);
  await page.mouse.move(900, 200);
  await page.mouse.wheel(0, -300);
  await page.evaluate(() => map.whenIdle());
  const zoomed = await page.evaluate(() => map.view()[2]);
  assert.ok(Math.abs(zoomed - 6) < 0.01, `zoom ${zoomed}`);
  const still = await page.evaluate(([lon, lat]) => [...map.project(lon, lat)], under);
  assert.ok(Math.hypot(still[0] - 900, still[1] - 200) < 1, `under the cursor: ${still}`);

  await page.mouse.dblclick(640, 400);
  await page.evaluate(() => map.whenIdle());
  assert.ok(Math.abs(await page.evaluate(() => map.view()[2]) - 7) < 0.01);

  await page.focus('#map');
  const before = await page.evaluate(() => [...map.view()]);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('-');
  await page.evaluate(() => map.whenIdle());
  const after = await page.evaluate(() => [...map.view()]);
  assert.ok(after[0] > before[0] && after[1] > before[1], `${before} -> ${after}`);
  assert.ok(Math.abs(after[2] - before[2] + 1) < 0.01);
  await page.keyboard.press('Enter');
  const events = await page.evaluate(() => map.events());
  assert.ok(events.at(-1).startsWith('Keyboard'), events.join());
  await page.mouse.click(300, 300);
  assert.ok((await page.evaluate(() => map.events())).at(-1).startsWith('Click'));
  await page.keyboard.press('Home');
  await page.evaluate(() => map.whenIdle());
  assert.ok(await page.evaluate(() => map.view()[2]) < 2);
});

await test('fingers pinch and tap', { hasTouch: true, reduced: true }, async (page) => {
  await show(page, 10, 40, 5, 'mercator');
  const touch = await page.context().newCDPSession(page);
  const points = (d) => [{ x: 640 - d, y: 400, id: 0 }, { x: 640 + d, y: 400, id: 1 }];
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: points(50) });
  for (const d of [60, 80, 100]) {
    await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: points(d) });
  }
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await page.evaluate(() => map.whenIdle());
  const [lon, lat, zoom] = await page.evaluate(() => [...map.view()]);
  assert.ok(Math.abs(zoom - 6) < 0.12 && Math.abs(lon - 10) < 0.5, `${lon} ${lat} ${zoom}`);
  await page.touchscreen.tap(300, 300);
  assert.ok((await page.evaluate(() => map.events())).at(-1).startsWith('Click'));
});

await test('the marker stands around its place and leaves its pixel visible', { deviceScaleFactor: 2 }, async (page) => {
  await page.evaluate(() => map.marker(12.3, 45.2));
  for (const projection of projections) {
    await show(page, 12, 45, 6, projection);
    const seen = await page.evaluate(() => {
      const [x, y] = map.project(12.3, 45.2).map((length) => Math.round(length * devicePixelRatio));
      const picture = window.readMap();
      const at = (dx, dy) => picture.at(x + dx, y + dy);
      return { middle: at(0, 0), ring: [at(16, 0), at(-16, 0), at(0, 16), at(0, -16)], beside: at(40, 0) };
    });
    for (const pixel of seen.ring) assert.ok(Math.min(...pixel) > 240, `${projection} ${JSON.stringify(seen)}`);
    // The colours of the data, which the field's palette tells from all others.
    for (const [r, g, b] of [seen.middle, seen.beside]) {
      assert.ok(g === 255 - r && b === (r * 7) % 256, `${projection} ${JSON.stringify(seen)}`);
    }
  }
});

await test('names are drawn with the map, also after the sheet was full and the context lost', {
  complaints: ['CONTEXT_LOST', 'WebGL'],
  deviceScaleFactor: 3,
  viewport: { width: 500, height: 400 },
}, async (page) => {
  await page.evaluate(() => {
    map.style(0, 0, false);
    // A sheet is begun by making room for it.
    window.sheets = 0;
    const own = WebGL2RenderingContext.prototype.texImage2D;
    WebGL2RenderingContext.prototype.texImage2D = function (...parameters) {
      if (parameters[3] === 2048 && parameters[4] === 2048 && !parameters.at(-1)) window.sheets += 1;
      return own.apply(this, parameters);
    };
  });
  // What is bright on the dark base map: names and dots.
  const bright = () => page.evaluate(() => {
    const { data } = window.readMap();
    let count = 0;
    for (let at = 0; at < data.length; at += 4) count += Math.min(data[at], data[at + 1], data[at + 2]) > 225 ? 1 : 0;
    return count;
  });
  await show(page, 12, 47, 5, 'mercator');
  const without = await bright();
  await page.evaluate(async () => { map.names(); await map.whenIdle(); });
  const withNames = await bright();
  assert.ok(withNames > without + 1000, `${without} ${withNames}`);
  // More names than one sheet holds, and back.
  for (let lon = -160; lon < 180 && (await page.evaluate(() => window.sheets)) < 2; lon += 12) {
    for (const lat of [-30, -10, 10, 30, 50]) await show(page, lon, lat, 5, 'mercator');
  }
  assert.ok(await page.evaluate(() => window.sheets) >= 2);
  await show(page, 12, 47, 5, 'mercator');
  const again = await bright();
  assert.ok(Math.abs(again - withNames) < withNames / 10, `${withNames} ${again}`);
  await page.evaluate(async () => {
    const lose = document.getElementById('map').getContext('webgl2').getExtension('WEBGL_lose_context');
    lose.loseContext();
    await new Promise((done) => setTimeout(done, 100));
    lose.restoreContext();
    await new Promise((done) => setTimeout(done, 300));
    await map.whenIdle();
  });
  const restored = await bright();
  assert.ok(Math.abs(restored - withNames) < withNames / 10, `${withNames} ${restored}`);
});

await test('a browser that does not let us write shows a map without names, and says so once', {}, async (page) => {
  await page.reload();
  await page.waitForFunction(() => window.ready);
  const events = await page.evaluate(async () => {
    const own = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return kind === '2d' ? null : own.call(this, kind, ...rest);
    };
    window.map = new Engine('exact', true, true);
    for (const zoom of [3, 4, 5]) { map.setView(12, 45, zoom); await map.whenIdle(); }
    return map.events();
  });
  assert.equal(events.filter((event) => event.includes('a canvas for labels')).length, 1, events.join('; '));
  expectEqual(await compare(page, { level: 1, slack: 0.4, size: [300, 200, 980, 600] }), 'the map');
});

await test('the status overlay colours whole tiles in all projections', {}, async (page) => {
  await page.evaluate(() => { map.style(0, 0, false); map.status(true); });
  for (const projection of projections) {
    await show(page, 5, 5, 4, projection);
    const result = await page.evaluate(() => {
      const picture = window.readMap();
      const wrong = [];
      let compared = 0;
      for (let row = 7; row <= 10; row++) for (let col = 16; col <= 20; col++) {
        const at = map.project(-180 + col * 10 + 5.3, 90 - row * 10 - 5.3);
        if (!at || at[0] < 5 || at[1] < 5 || at[0] > 1275 || at[1] > 795) continue;
        const [r, g, b] = picture.at(Math.floor(at[0]), Math.floor(at[1]));
        const strong = [r, g, b].map((value) => value > 120);
        const expected = [0, 1, 2].map((channel) => channel === (row + col) % 4);
        compared += 1;
        if (strong.join() !== expected.join()) wrong.push({ row, col, r, g, b });
      }
      return { compared, wrong };
    });
    assert.ok(result.compared >= 8, JSON.stringify(result));
    assert.deepEqual(result.wrong, [], projection);
    await picture(page, `status-${projection}`);
  }
});

await test('"fit to view" finds the range of what is on the screen', {}, async (page) => {
  await show(page, 12, 45, 9, 'mercator');
  const { range: [low, high], waited } = await page.evaluate(async () => {
    // Pixels that are read into memory instead of a buffer hold the page up until the GPU is done.
    const { prototype } = WebGL2RenderingContext;
    const { readPixels } = prototype;
    let waited = 0;
    prototype.readPixels = function (...parameters) {
      waited += Number(typeof parameters.at(-1) !== 'number');
      return readPixels.apply(this, parameters);
    };
    const range = [...(await map.visibleRange())];
    prototype.readPixels = readPixels;
    return { range, waited };
  });
  assert.equal(waited, 0);
  assert.ok(low > 10000 && low < 10600 && high < 20260 && high > 19600, `${low} ${high}`);
  await page.evaluate(() => map.whenIdle());
  expectEqual(await compare(page, { level: 0 }), 'the picture stays');
});

await test('another year is drawn once, when it is there, between the pictures that were there', {}, async (page) => {
  // One level is all that such a view takes.
  await show(page, 12, 22, 1.4, 'mercator');
  const drawn = await page.evaluate(async () => {
    const { prototype } = WebGL2RenderingContext;
    // What lies beneath and over the data is cleared before it is drawn anew. A picture of a view that holds data
    // everywhere takes one call.
    const counts = { clear: 0, drawArrays: 0, drawElements: 0 };
    const originals = Object.keys(counts).map((name) => [name, prototype[name]]);
    for (const [name, own] of originals) {
      prototype[name] = function (...parameters) { counts[name] += 1; return own.apply(this, parameters); };
    }
    map.style(1, 1, false);
    await map.whenIdle();
    for (const [name, own] of originals) prototype[name] = own;
    return counts;
  });
  assert.deepEqual(drawn, { clear: 0, drawArrays: 0, drawElements: 1 });
});

await test('nothing is drawn when nothing changes', { reduced: false }, async (page) => {
  await show(page, 12, 45, 6, 'globe');
  const frames = await page.evaluate(async () => {
    let count = 0;
    const original = window.requestAnimationFrame;
    window.requestAnimationFrame = (callback) => { count += 1; return original(callback); };
    await new Promise((resolve) => setTimeout(resolve, 500));
    window.requestAnimationFrame = original;
    return count;
  });
  assert.equal(frames, 0);
});

await test('online tiles that fail do no harm', { complaints: ['Failed to load resource', 'net::'] }, async (page) => {
  await page.route('**/*.png', (route) => route.abort());
  await show(page, 12.2, 44.7, 9, 'mercator');
  await page.evaluate(async () => { map.setBaseMap('dark'); await map.whenIdle(); });
  await page.waitForTimeout(300);
  expectEqual(await compare(page, { level: 0 }), 'without tiles');
});

await test('online tiles lie beneath the data', {}, async (page) => {
  // A red dot of 256 x 256 pixels in place of every tile.
  const red = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(256, 256);
    const context = canvas.getContext('2d');
    context.fillStyle = 'rgb(200, 10, 20)';
    context.fillRect(0, 0, 256, 256);
    const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
    return [...bytes];
  });
  await page.route('**/*.png', (route) => route.fulfill({
    body: Buffer.from(red), contentType: 'image/png', headers: { 'access-control-allow-origin': '*' },
  }));
  for (const projection of projections) {
    await page.evaluate(() => { map.style(0, 0, false); map.setBaseMap('dark'); });
    await show(page, 12, 45, 6, projection);
    await page.waitForTimeout(400);
    const colours = await page.evaluate(() => {
      const picture = window.readMap();
      return [[640, 400], [40, 40], [1240, 760], [300, 600]].map(([x, y]) =>
        picture.at(x, y).join());
    });
    assert.deepEqual([...new Set(colours)], ['200,10,20'], projection);
  }
});

await test('pictures', { field: 'climate', reduced: false }, async (page) => {
  await page.evaluate(() => { map.graticule(true); map.marker(12.5, 41.9); });
  for (const dark of [true, false]) {
    await page.evaluate((dark) => map.setTheme(dark), dark);
    for (const projection of projections) {
      await show(page, 12, 30, projection === 'globe' ? 2.2 : 1.4, projection);
      await picture(page, `world-${projection}-${dark ? 'dark' : 'light'}`);
    }
    await show(page, 12, 45, 5, 'mercator');
    await picture(page, `region-${dark ? 'dark' : 'light'}`);
  }
  const rate = await page.evaluate(async () => {
    let frames = 0;
    const start = performance.now();
    map.flyTo(-60, -10, 5);
    await new Promise((resolve) => {
      const count = () => {
        frames += 1;
        if (performance.now() - start < 1500) requestAnimationFrame(count); else resolve();
      };
      requestAnimationFrame(count);
    });
    return frames / ((performance.now() - start) / 1000);
  });
  console.log(`        ${rate.toFixed(1)} frames a second while flying (software GL)`);
  await page.evaluate(() => map.whenIdle());
});

await finish();
