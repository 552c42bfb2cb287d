// No violation of WCAG 2 level A or AA that axe-core knows, in every state of the page.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { stage } from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { visit } = await stage();

async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('; ')}`);
}

const states = {
  'as it opens': async () => {},
  'with everything unfolded': async (page) => {
    if (!(await page.locator('summary').first().isVisible())) {
      await page.getByRole('button', { name: 'All controls' }).click();
    }
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.getByRole('switch', { name: /status/i }).check();
  },
  'with an inspected place': async (page) => {
    await page.evaluate(() => window.floe.inspect(25, 0));
    await page.evaluate(() => window.floe.idle());
  },
  'while searching': async (page) => {
    const search = page.getByRole('combobox');
    if (!(await search.isVisible())) await page.getByRole('button', { name: 'All controls' }).click();
    await search.fill('10, 20');
    await page.keyboard.press('ArrowDown');
  },
  'with the about panel': async (page) => {
    await page.getByRole('button', { name: 'About this map' }).click();
  },
};

for (const colorScheme of ['light', 'dark']) {
  for (const [device, viewport] of Object.entries({ desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } })) {
    test(`no violations: ${colorScheme}, ${device}`, async (context) => {
      for (const [state, prepare] of Object.entries(states)) {
        await context.test(state, async () => {
          const { page, idle, close } = await visit({ colorScheme, viewport, query: '?z=2' });
          await idle();
          await prepare(page);
          assert.deepEqual(await violations(page), []);
          await close();
        });
      }
    });
  }
}

test('no violations where the store cannot be opened', async () => {
  const { page, idle, close } = await visit({ query: '?store=nowhere', expectErrors: true });
  await idle();
  assert.deepEqual(await violations(page), []);
  await close();
});
