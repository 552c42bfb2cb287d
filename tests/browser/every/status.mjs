// The tile status on the page is that of `floe status`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { worldStatus } from '../harness.mjs';
import { visit } from './page.mjs';

test('the counts equal those of floe status', async () => {
  const page = await visit({ query: '?status=1' });
  await page.idle();
  for (const [status, count] of Object.entries(worldStatus().counts)) {
    const shown = await page.evaluate((status) => document.querySelector(`[data-status=${status}]`)?.textContent, status);
    assert.equal(shown, String(count), status);
  }
  await page.close();
});
