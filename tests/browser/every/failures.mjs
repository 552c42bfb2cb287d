// What goes wrong is said on the page, by name.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { server, visit } from './page.mjs';

test('a store that is not there is named, and its place is text and nothing else', async () => {
  const page = await visit({ query: `?store=${encodeURIComponent('nowhere<img src=x onerror="letIn=1">')}`, expectErrors: true });
  await page.idle();
  const said = await page.until(() => document.querySelector('[role=alert]')?.textContent);
  assert.ok(said.includes(`${server.url}/floe/nowhere`), said);
  assert.ok(said.includes(await page.error()), said);
  assert.deepEqual(await page.evaluate(() => [document.querySelectorAll('.notice img').length, typeof letIn]), [0, 'undefined']);
  await page.close();
});

test('a worker whose script is missing is named', async () => {
  server.let((path) => (path.endsWith('/reader.js') ? 404 : undefined));
  const page = await visit({ expectErrors: true });
  await page.until(() => /cannot start the worker/.test(document.querySelector('[role=alert]')?.textContent));
  server.let();
  await page.close();
});
