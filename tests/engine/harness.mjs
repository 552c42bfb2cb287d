// The map alone in headless Chromium: the page of examples/engine.rs, how a test is run, and what tests compare.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { chromium } from 'playwright-core';

import { PATIENCE } from '../browser/patience.mjs';

const [dist, pictures] = process.argv.slice(2);
const html = `<!doctype html><meta charset="utf-8"><title>engine</title><link rel="icon" href="data:,">
<style>html,body{margin:0;height:100%;overflow:hidden}
#box{position:relative;width:100%;height:100%}canvas{position:absolute;inset:0;width:100%;height:100%}</style>
<div id="box"><canvas id="map" aria-label="map"></canvas></div>
<script type="module">
import init, { Engine } from './engine.js';
await init();
window.Engine = Engine;
// The canvas as it is now.
window.readMap = () => {
  const { width, height } = document.getElementById('map');
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(document.getElementById('map'), 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  const at = (x, y) => [...data.slice((y * width + x) * 4, (y * width + x) * 4 + 3)];
  return { data, width, height, at };
};
window.ready = true;
</script>`;
const types = { '.js': 'text/javascript', '.wasm': 'application/wasm' };
const server = http.createServer((request, response) => {
  const name = path.basename(new URL(request.url, 'http://x').pathname);
  const file = path.join(dist, name);
  if (name === '') return response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  if (!fs.existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'text/plain' });
  response.end(fs.readFileSync(file));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({
  executablePath: process.env.FLOE_CHROMIUM,
  args: ['--headless=new', '--no-sandbox', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});

let [successes, failures] = [0, 0];
export async function test(name, options, body) {
  if (process.env.ONLY && !name.includes(process.env.ONLY)) return;
  const { field = 'exact', dark = true, reduced = true, ...context } = options;
  const viewport = { width: 1280, height: 800 };
  const scope = await browser.newContext({ viewport, deviceScaleFactor: 1, ...context });
  scope.setDefaultTimeout(PATIENCE);
  const page = await scope.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  try {
    await page.goto(address);
    await page.waitForFunction(() => window.ready);
    await page.evaluate(([field, dark, reduced]) => {
      window.map = new Engine(field, dark, reduced);
    }, [field, dark, reduced]);
    await page.evaluate(() => map.whenIdle());
    await body(page);
    const expected = options.complaints ?? [];
    const rest = complaints.filter((text) => !expected.some((part) => text.includes(part)));
    assert.deepEqual(rest, [], 'the console is silent');
    successes += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${name}\n${error.message.slice(0, 1200)}\n${complaints.join('\n').slice(0, 1200)}`);
  }
  await scope.close();
}

export async function show(page, lon, lat, zoom, projection) {
  await page.evaluate(async ([lon, lat, zoom, projection]) => {
    if (projection) map.setProjection(projection);
    map.setView(lon, lat, zoom);
    await map.whenIdle();
  }, [lon, lat, zoom, projection]);
}

export async function picture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`) });
}

// Compares the canvas with the field at a raster of device pixels. A pixel may have the colour of any cell
// that is found within `slack` device pixels of its middle, at `samples` x `samples` places. Counts what was
// compared.
export function compare(page, { level, year = 0, slack = 0.05, step = 7, size = null, samples = 2 }) {
  return page.evaluate(([level, year, slack, step, size, samples]) => {
    const picture = window.readMap();
    const ratio = devicePixelRatio;
    const degrees = 0.01 * 2 ** level;
    const index = (x, y) => {
      const place = map.unproject(x / ratio, y / ratio);
      if (!place) return null;
      const col = Math.floor(((place[0] + 180) % 360) / degrees);
      const row = Math.min(Math.floor((90 - place[1]) / degrees), Math.ceil(18000 / 2 ** level) - 1);
      return map.indexAt(level, row, col, year);
    };
    const wrong = [];
    const seen = { compared: 0, missing: 0, outside: 0 };
    const [left, top, right, bottom] = size ?? [0, 0, picture.width, picture.height];
    for (let j = top; j < bottom; j += step) {
      for (let i = left; i < right; i += step) {
        const [r, g, b] = picture.at(i, j);
        const around = [];
        const offsets = Array.from({ length: samples }, (_, k) => slack * ((2 * k) / (samples - 1) - 1));
        for (const dx of offsets) for (const dy of offsets) around.push(index(i + 0.5 + dx, j + 0.5 + dy));
        if (around.includes(null)) { seen.outside += 1; continue; }
        const isData = g === 255 - r && b === (r * 7) % 256;
        const found = isData ? r : -1;
        seen.compared += 1;
        if (found === -1) seen.missing += 1;
        if (!around.includes(found)) wrong.push({ i, j, found, around, rgb: [r, g, b] });
      }
    }
    return { ...seen, wrong: wrong.length, examples: wrong.slice(0, 4), total: picture.width };
  }, [level, year, slack, step, size, samples]);
}

export function expectEqual(result, what, atLeast = 500) {
  assert.equal(result.wrong, 0, `${what}: ${JSON.stringify(result)}`);
  assert.ok(result.compared >= atLeast, `${what}: ${JSON.stringify(result)}`);
  // A view of few cells may have none that is missing.
  assert.ok(result.missing < result.compared * 0.6, `${what}: ${JSON.stringify(result)}`);
}

export const projections = ['mercator', 'globe', 'equirectangular'];

/** Ends the browser; the process fails where a test did. */
export async function finish() {
  await browser.close();
  server.close();
  console.log(`${successes} passed, ${failures} failed`);
  process.exitCode = failures ? 1 : 0;
}
