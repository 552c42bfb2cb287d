// Stores that the page does not show, and says why.

import assert from 'node:assert/strict';
import { test } from 'node:test';

/** A test for each store: `refused` has a part of its sentence by its name, `visit` opens the page. */
export function areRefused(refused, visit) {
  for (const [name, sentence] of Object.entries(refused)) {
    test(`${name} is refused in a sentence`, async () => {
      const page = await visit({ query: `?store=${name}/`, expectErrors: true });
      await page.idle();
      const error = await page.error();
      assert.ok(error?.includes(sentence), `expected '${sentence}', found '${error}'`);
      await page.close();
    });
  }
}
