// Measures Floe's page over the same field as numbers of 16 bits and as floats, in turns, and prints a table as Markdown.
//
//     node number-types.mjs --stores DIRECTORY --floe DIST [--repeat 5]
//
// DIRECTORY is what number_types.py writes.

import { parseArgs } from 'node:util';

import { chromium } from 'playwright-core';

import { serve } from '../../script/serve.mjs';
import { countRequests } from './counter.mjs';
import { launch } from './launch.mjs';
import { visit } from './measure.mjs';
import { floe } from './pages.mjs';

const { values: options } = parseArgs({
  options: { stores: { type: 'string' }, floe: { type: 'string' }, repeat: { type: 'string', default: '5' } },
});
for (const name of ['stores', 'floe']) if (!options[name]) throw new Error(`--${name} is missing`);

const types = ['uint16', 'float32'];
const years = [2022, 2021];
const files = await serve({ '/floe/': options.floe, '/store/': options.stores });
const counter = await countRequests(files.url, '/store/');
const found = Object.fromEntries(types.map((type) => [type, []]));
try {
  for (let round = 0; round < Number(options.repeat); round += 1) {
    for (const type of types) {
      const browser = await launch(chromium);
      try {
        found[type].push(await visit(browser, counter, floe(years[0], `/store/${type}`), years, async () => {}));
      } finally {
        await browser.close();
      }
    }
    console.error(`round ${round + 1} of ${options.repeat}`);
  }
} finally {
  await counter.close();
  await files.close();
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const rows = [
  ['world view complete', ({ world }) => world.complete, ' ms'],
  ['world view: bytes', ({ world }) => world.bytes / 1e6, ' MB'],
  ['main-thread CPU while loading', ({ world }) => world.cpu, ' ms'],
  ['another year, cold', ({ cold }) => cold.ms, ' ms'],
  ['another year, warm', ({ warm }) => warm.ms, ' ms'],
  ['time of a frame while panning', ({ frames }) => 1000 / frames, ' ms'],
];
console.log(`| | ${types.join(' | ')} | ${types.toReversed().join(' / ')} |\n|---|---:|---:|---:|`);
for (const [name, of, unit] of rows) {
  const [first, second] = types.map((type) => median(found[type].map(of)));
  const text = (number) => `${number.toFixed(number < 10 ? 1 : 0)}${unit}`;
  console.log(`| ${name} | ${text(first)} | ${text(second)} | ${(second / first).toFixed(2)} |`);
}
