// Measures Floe's page and the peer's over one store, in turns, and prints the budget table as Markdown.
//
//     node main.mjs --store DIRECTORY --floe DIST --peer DIST [--repeat 5] [--shots DIRECTORY] [--raw FILE]

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { chromium } from 'playwright-core';

import { serve } from '../../script/serve.mjs';
import { countRequests } from './counter.mjs';
import { launch } from './launch.mjs';
import { holding, opening, regionEnlarged, visit } from './measure.mjs';
import { pages } from './pages.mjs';
import { table } from './table.mjs';

const { values: options } = parseArgs({
  options: {
    store: { type: 'string' },
    floe: { type: 'string' },
    peer: { type: 'string' },
    only: { type: 'string' },
    repeat: { type: 'string', default: '5' },
    years: { type: 'string', default: '2022,2021' },
    shots: { type: 'string' },
    raw: { type: 'string' },
  },
});
for (const name of ['store', 'floe', 'peer']) {
  if (!options[name]) throw new Error(`--${name} is missing: start with bench/map/run`);
}

/** A line as the budget has it. */
const slowLine = { latency: 60, bytesPerSecond: 9e6 / 8 };
const years = options.years.split(',').map(Number);
const targets = Object.entries(pages(years[0])).filter(([key]) => (options.only ?? key) === key);

const bare = fileURLToPath(new URL('bare', import.meta.url));
const files = await serve({ '/bare/': bare, '/floe/': options.floe, '/peer/': options.peer, '/store/': options.store });
const counter = await countRequests(files.url, '/store/');

/** A browser of its own for each measurement: nothing compiled, cached or warmed up by the one before. */
async function fresh(measurement) {
  const browser = await launch(chromium);
  try {
    return await measurement(browser);
  } finally {
    await browser.close();
  }
}

const results = { bare: [], peer: [], floe: [] };
try {
  for (let round = 0; round < Number(options.repeat); round += 1) {
    for (const [key, target] of targets) {
      const shot = async (page, name) => {
        if (!options.shots || round > 0) return;
        mkdirSync(options.shots, { recursive: true });
        await page.screenshot({ path: join(options.shots, `${key}-${name}.png`) });
      };
      const local = await fresh((browser) => opening(browser, counter, target));
      counter.slow(slowLine);
      const slow = await fresh((browser) => opening(browser, counter, target));
      counter.slow(null);
      const visited = await fresh((browser) => visit(browser, counter, target, years, shot));
      const held = await fresh((browser) => holding(browser, counter, target));
      // Floe takes the level whose pixels are nearest to the screen's, the peer the next coarser one.
      const alike =
        key === 'peer' ? await fresh((browser) => regionEnlarged(browser, counter, target)) : visited.region;
      results[key].push({ local, slow, visit: visited, held, alike });
      console.error(`round ${round + 1}, ${target.name}: world complete after ${Math.round(local.complete)} ms`);
    }
  }
} finally {
  await counter.close();
  await files.close();
}
if (options.raw) writeFileSync(options.raw, JSON.stringify(results, undefined, 1));
if (targets.length === 3) console.log(table(results));
