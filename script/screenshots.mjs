// Takes pictures of the map over a store, to be looked at: what a change of the page's look has done.
//
//     node script/screenshots.mjs STORE [--dist dist] [--out data/screenshots] [--only PART]
//
// STORE is a directory, such as script/demo leaves in data/demo/store. With --only, those pictures whose
// names contain PART.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { chromium } from 'playwright-core';

import { serve } from './serve.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  options: {
    dist: { type: 'string', default: join(root, 'dist') },
    out: { type: 'string', default: join(root, 'data/screenshots') },
    only: { type: 'string', default: '' },
  },
  allowPositionals: true,
});
if (positionals.length !== 1) throw new Error('expected: node script/screenshots.mjs STORE');

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const unfold = async (page) => {
  for (const summary of await page.locator('summary').all()) await summary.click();
};
const about = (page) => page.getByRole('button', { name: 'About this map' }).click();

/** Name, query, screen, and what is done before the picture is taken. */
const pictures = [
  ['world', '', desktop],
  ['globe', '?proj=globe&lon=20&lat=18&z=2.1', desktop],
  ['plain', '?proj=equirectangular&lon=0&lat=0&z=1&grid=1', desktop],
  ['region', '?lon=12&lat=44&z=4.6', desktop],
  ['pixels', '?lon=10.4&lat=45.4&z=9.2', desktop],
  ['inspector', '?lon=20&lat=30&z=3&at=23.5,15.2', desktop],
  ['status', '?status=1&lon=12&lat=22&z=1.4', desktop],
  ['status-tile', '?status=1&lon=12&lat=42&z=3.4&at=42,14', desktop],
  ['unfolded', '?grid=1', desktop, unfold],
  ['about', '', desktop, about],
  ['failure', '?store=nowhere', desktop],
  ['antimeridian', '?lon=180&lat=66&z=4', desktop],
  ['south-pole', '?proj=globe&lon=0&lat=-80&z=2.4', desktop],
  ['phone', '?z=0.4', phone],
  ['phone-region', '?lon=12&lat=44&z=3.5', phone],
  ['phone-inspector', '?lon=20&lat=25&z=2&at=23.5,15.2', phone],
  ['phone-status', '?status=1&z=0.4', phone, (page) => page.getByRole('button', { name: 'All controls' }).click()],
  ['phone-about', '', phone, about],
];

function browserPath() {
  // The same browser that the tests use.
  const command = 'source script/environment.sh && echo "${FLOE_CHROMIUM:?run script/bootstrap browser}"';
  return execFileSync('bash', ['-c', command], { cwd: root, encoding: 'utf8' }).trim();
}

mkdirSync(values.out, { recursive: true });
const server = await serve({ '/': values.dist, '/store/': positionals[0] });
const browser = await chromium.launch({
  executablePath: browserPath(),
  args: ['--headless=new', '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
for (const colorScheme of ['light', 'dark']) {
  for (const [picture, query, screen, prepare] of pictures) {
    const name = `${picture}-${colorScheme}`;
    if (!name.includes(values.only)) continue;
    const context = await browser.newContext({ ...screen, colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.on('console', (message) => console.error(`${name}: ${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => console.error(`${name}: ${error}`));
    await page.goto(`${server.url}/${query}`);
    await page.waitForFunction(() => window.floe !== undefined);
    await page.evaluate(() => window.floe.idle());
    await prepare?.(page);
    await page.evaluate(() => window.floe.idle());
    await page.screenshot({ path: join(values.out, `${name}.png`) });
    console.log(join(values.out, `${name}.png`));
    await context.close();
  }
}
await browser.close();
await server.close();
