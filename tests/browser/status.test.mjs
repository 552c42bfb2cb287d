// The tile status on the page is that of `floe status`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stage, worldStatus } from './harness.mjs';

const { visit } = await stage();

test('the counts equal those of floe status', async () => {
  const { page, idle, close } = await visit({ query: '?status=1' });
  await idle();
  for (const [status, count] of Object.entries(worldStatus().counts)) {
    const shown = page.locator(`[data-status=${status}]`);
    assert.equal(await shown.textContent(), String(count), status);
  }
  await close();
});

test('a click on a tile shows its record', async () => {
  const { page, floe, idle, close } = await visit({ query: '?status=1' });
  const tile = worldStatus().tiles.find((tile) => tile.status === 'processed' && tile.row === 4);
  await floe('setView', { lon: -180 + tile.col * 10 + 5, lat: 90 - tile.row * 10 - 5, zoom: 4 });
  await idle();
  await page.mouse.click(500, 350);
  const card = page.locator(`[data-tile="${tile.row},${tile.col}"]`);
  await card.waitFor();
  const text = await card.textContent();
  assert.match(text, new RegExp(`Tile row ${tile.row}, column ${tile.col}: processed`));
  assert.ok(text.includes(tile.snapshot), `${text} has the snapshot ${tile.snapshot}`);
  for (const year of tile.years) {
    const row = await card.locator('tbody tr', { hasText: String(year.year) }).textContent();
    assert.ok(row.includes(String(year.input_granules)), `${row} has ${year.input_granules} granules`);
    assert.ok(row.replace(/\s/g, '').includes(String(year.output_valid_pixels)), row);
  }
  const committed = await card.locator('time').getAttribute('datetime');
  assert.equal(committed.slice(0, 19), tile.committed_at.slice(0, 19));
  await close();
});

test('the overlay is drawn over the map', async () => {
  const { page, idle, close } = await visit();
  await idle();
  const before = await page.screenshot();
  await page.getByRole('switch', { name: /status/i }).check();
  await idle();
  assert.notDeepEqual(await page.screenshot({ clip: { x: 400, y: 0, width: 600, height: 700 } }), before);
  await close();
});
