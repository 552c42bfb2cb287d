// The page comes up, asks nobody else, and lets nothing in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { name, server, visit } from './page.mjs';

test('the page comes up and draws the store', async () => {
  const page = await visit();
  await page.idle();
  assert.equal(await page.error(), null);
  assert.equal(await page.evaluate(() => document.querySelector('h1').textContent), 'Floe Land surface temperature');
  await page.close();
});

// WebKit keeps the refusal of a name for as long as it runs, and what follows here needs the same name. A version of the
// page that takes another's place has other names.
test('a module that is not there any more is said in words, with a way to reload', { skip: name === 'webkit' }, async () => {
  server.let((path) => (/floe-viewer-.*\.js$/.test(path) ? 404 : undefined));
  const page = await visit({ wait: false, expectErrors: true });
  await page.reads('The map could not be loaded');
  server.let();
  await page.clickOn('#not-loaded button');
  await page.until(() => window.floe !== undefined);
  await page.idle();
  assert.equal(await page.error(), null);
  await page.close();
});

test('a module that does not come is said, and what is said goes when it has come', async () => {
  server.let((path) => (/floe-viewer-.*\.wasm$/.test(path) ? 'stall' : undefined));
  const page = await visit({ wait: false, expectErrors: true });
  await page.reads('The map is still being loaded');
  server.let();
  await page.clickOn('#not-loaded button');
  await page.until(() => window.floe !== undefined && !document.getElementById('not-loaded'));
  await page.close();
});

test('the policy of the page lets no other script run', async () => {
  const page = await visit({ expectErrors: true });
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.letIn = "a script"';
    document.head.append(script);
    const picture = document.createElement('img');
    picture.setAttribute('onerror', 'window.letIn = "a handler"');
    picture.src = 'icon-that-is-not-there.svg';
    document.body.append(picture);
    return new Promise((done) => setTimeout(() => done(window.letIn ?? null), 500));
  });
  assert.equal(ran, null);
  await page.close();
});

test('a store of another scheme is refused by name, and nothing is asked for', async () => {
  for (const store of ['ftp://example.org/store', 'file:///etc', 'javascript:alert(1)', 'hdfs://host/store']) {
    const page = await visit({ query: `?store=${encodeURIComponent(store)}`, expectErrors: true });
    await page.idle();
    assert.match(await page.error(), new RegExp(`http: or https: .* "${store.split(':')[0]}:" in`));
    await page.close();
  }
});
