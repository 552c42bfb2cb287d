// Every combination of type, codecs, chunks and axes in the browser, on all grids in turn: window.floe.inspect gives every number as
// Python wrote it (matrix.py).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { stage } from '../browser/harness.mjs';

const directory = process.env.FLOE_MATRIX_STORES;
const listed = (name) => JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'));
const pages = listed('pages');
const names = [...new Set(pages.map(({ store }) => String(store))), 'refused'];
const { visit } = await stage(Object.fromEntries(names.map((name) => [`/floe/${name}/`, join(directory, name)])));

/** A number as `inspect` has it: what is none is no data. Of zero the sign may be lost. */
const read = (number) => (number === 'nan' || number === null ? null : Number(number) + 0);

for (const { store, type, branch, arrays, axis, labels, lat, lon, values, is_drawn } of pages) {
  test(`${type}, ${branch}: every number of ${arrays[0]} to ${arrays.at(-1)} is the one that was written`, async () => {
    // Small, since nothing is looked at.
    const page = await visit({ query: `?store=${store}/&ref=${branch}&base=plain`, viewport: { width: 320, height: 240 } });
    // A picture of each axis would double the time.
    if (is_drawn) await page.idle();
    await page.page.waitForFunction(() => window.floe.dataset() !== null || window.floe.error !== null);
    assert.equal(await page.error(), null);
    const { variables, left_out } = await page.floe('dataset');
    assert.deepEqual(variables.map(({ name }) => name).sort(), arrays.toSorted());
    assert.deepEqual(left_out, []);
    for (const [step, label] of labels.entries()) {
      const found = await page.page.evaluate(
        async ({ axis, label, lat, lon }) => {
          if (axis !== null) window.floe.select({ axes: { [axis]: label } });
          const places = lat.flatMap((lat) => lon.map((lon) => window.floe.inspect(lon, lat)));
          const read = await Promise.all(places);
          const names = Object.keys(read[0].values);
          return Object.fromEntries(names.map((name) => [name, read.map(({ values }) => values[name][label])]));
        },
        { axis, label, lat, lon },
      );
      for (const name of arrays) {
        assert.deepEqual(found[name].map(read), values[step].flat().map(read), `${name} at ${label || 'no step'}`);
      }
    }
    await page.close();
  });
}

test('what the page cannot show it leaves out, each by its name with what was expected and found', async () => {
  const page = await visit({ query: '?store=refused/&base=plain', viewport: { width: 320, height: 240 } });
  await page.idle();
  const { variables, left_out } = await page.floe('dataset');
  assert.deepEqual(variables.map(({ name }) => name), ['t']);
  for (const [name, sentence] of Object.entries(listed('refused'))) {
    assert.ok(left_out.some((found) => found.includes(sentence)), `${name}: expected '${sentence}' in ${left_out.join('\n')}`);
  }
  await page.close();
});
