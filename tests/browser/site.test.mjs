// What the map's deployment publishes: page and store as script/site puts them together, under a sub-path.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { serve } from '../../script/serve.mjs';
import { dist, launch, open, stores } from './harness.mjs';

const AZURE = ['AZURE_STORAGE_ACCOUNT', 'AZURE_STORAGE_ENDPOINT', 'AZURE_CONTAINER', 'ICECHUNK_PREFIX'];
let directory;

/** Makes a site in which the variables of a repository are set so. */
function make(name, variables = {}) {
  const target = join(directory, name);
  const environment = Object.fromEntries(Object.entries(process.env).filter(([key]) => !AZURE.includes(key)));
  execFileSync('script/site', ['--dist', target, '--page', dist, '--demo', join(stores, 'world/store')], {
    env: { ...environment, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return target;
}

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'floe-site-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

test('without variables the site carries the demo store and draws it under its path', async () => {
  const [browser, server] = await Promise.all([launch(), serve({ '/someone/floe/': make('demo') })]);
  try {
    const map = await open(browser, server.url, { path: '/someone/floe/' });
    assert.equal(await map.error(), null);
    const { values } = await map.floe('inspect', 10.005, 45.005);
    assert.ok(values.avg_daytime_lst[2022] > 200, JSON.stringify(values));
    await map.close();
  } finally {
    await browser.close();
    await server.close();
  }
});

test('with the variables of a store the page reads that, and the site carries none', () => {
  const site = make('azure', {
    AZURE_STORAGE_ACCOUNT: 'someone',
    AZURE_CONTAINER: 'box',
    ICECHUNK_PREFIX: 'a/b',
  });
  const { store, defaults } = JSON.parse(readFileSync(join(site, 'floe-page.json'), 'utf8'));
  assert.equal(store, 'https://someone.blob.core.windows.net/box/a/b');
  assert.equal(defaults.var, 'avg_daytime_lst');
  assert.throws(() => readFileSync(join(site, 'store/repo')), { code: 'ENOENT' });
});

test('variables that name a store in part are refused', () => {
  assert.throws(
    () => make('part', { AZURE_STORAGE_ACCOUNT: 'someone' }),
    (error) => /AZURE_CONTAINER is missing/.test(String(error.stderr)),
  );
});
