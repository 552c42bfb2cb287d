// What is measured of one page: opening the world, another year, a region, panning.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { bytesHeld } from './memory.mjs';
import { region } from './pages.mjs';

const probe = readFileSync(fileURLToPath(new URL('probe.js', import.meta.url)), 'utf8');
/** Nothing is under way any more when nothing has been uploaded for so long, in ms. */
const QUIET = 1000;
/** Nothing that is measured takes longer, in ms. */
const LONGEST = 240_000;
/** How long the map is dragged, in ms. */
const DRAG = 3000;
/** CPU or heap of the driver's own start must not count: the page is measured from a blank one ... */
const BLANK = '/nothing-here';
/** ... that has rested so long, in ms: a second after it opens, the browser takes down the page before it. */
const REST = 1500;

/** Opens a page in a browser context of its own, so that nothing is cached, and waits for the world. */
async function open(browser, counter, target, { looks, enlarged = 1 }) {
  const context = await browser.newContext({ viewport: { width: 1280 * enlarged, height: 800 * enlarged } });
  context.setDefaultTimeout(LONGEST);
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(`window.probeLooks = ${looks};\n${probe}`);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const cpu = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
  };
  await page.goto(counter.url + BLANK);
  await page.waitForTimeout(REST);
  const before = await cpu();
  counter.reset();
  await page.goto(counter.url + target.path);
  await page.waitForFunction((object) => window[object] !== undefined, target.object);
  const complete = await settle(page, target, 0);
  const counted = counter.count();
  const [firstPixel, longTasks] = await page.evaluate(() => [window.probe.firstPixel, window.probe.longTasks]);
  const tasks = longTasks.filter(({ startTime }) => startTime < complete).map(({ duration }) => duration);
  const error = await page.evaluate((object) => window[object].error, target.object);
  if (error || complaints.length > 0) throw new Error(`${target.name}: ${error ?? complaints.join('; ')}`);
  const world = {
    codeBytes: counted.codeBytes,
    requests: counted.requests,
    bytes: counted.bytes,
    paths: counted.paths,
    firstPixel,
    complete,
    longestTask: Math.max(0, ...tasks),
    blocking: tasks.reduce((sum, duration) => sum + Math.max(0, duration - 50), 0),
    cpu: (await cpu()) - before,
  };
  return { page, context, world };
}

/** When everything that was asked for after `since` was on the screen. */
async function settle(page, target, since) {
  return page.evaluate(
    async ([object, since, quiet]) => {
      await window[object].idle();
      return window.probe.settled(since, quiet);
    },
    [target.object, since, QUIET],
  );
}

/** Lets the page show something else and waits for it. */
async function change(page, counter, target, method, parameter) {
  counter.reset();
  const since = await page.evaluate(
    ([object, method, parameter]) => {
      const now = performance.now();
      window[object][method](parameter);
      return now;
    },
    [target.object, method, parameter],
  );
  const shown = await settle(page, target, since);
  const { requests, bytes, paths } = counter.count();
  return { ms: shown - since, requests, bytes, paths };
}

/** Drags the map to and fro; frames a second. */
async function drag(page) {
  const [x, y] = [640, 400];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const began = await page.evaluate(() => performance.now());
  const end = performance.now() + DRAG;
  for (let step = 0; performance.now() < end; step += 1) {
    await page.mouse.move(x + 300 * Math.sin(step / 15), y + 60 * Math.sin(step / 40));
  }
  const rate = await page.evaluate((began) => {
    const now = performance.now();
    return (window.probe.shown.filter((time) => time >= began).length / (now - began)) * 1000;
  }, began);
  await page.mouse.up();
  return rate;
}

/** Opens the world and looks for the first pixel of the data, which itself costs some time. */
export async function opening(browser, counter, target) {
  const { context, world } = await open(browser, counter, target, { looks: true });
  await context.close();
  return world;
}

/** Opens the world and counts what it holds: by itself, since looking for objects can end a page. */
export async function holding(browser, counter, target) {
  const { page, context } = await open(browser, counter, target, { looks: false });
  const held = await bytesHeld(page);
  await context.close().catch(() => {});
  return held;
}

/** The region on a screen of twice the size, one zoom nearer: the same ground in twice the resolution. */
export async function regionEnlarged(browser, counter, target) {
  const { page, context } = await open(browser, counter, target, { looks: false, enlarged: 2 });
  const near = await change(page, counter, target, 'setView', { ...region, zoom: region.zoom + 1 });
  await context.close();
  return near;
}

/** Opens the world and does what visitors do. @param {[number, number]} years shown first, and then */
export async function visit(browser, counter, target, years, shot) {
  const { page, context, world } = await open(browser, counter, target, { looks: false });
  await shot(page, 'world');
  const cold = await change(page, counter, target, 'select', { year: years[1] });
  await shot(page, 'year');
  const warm = await change(page, counter, target, 'select', { year: years[0] });
  const near = await change(page, counter, target, 'setView', region);
  await shot(page, 'region');
  const frames = await drag(page);
  await context.close();
  return { world, cold, warm, region: near, frames };
}
