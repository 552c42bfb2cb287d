// The page, served from one origin, reads a store from Azure Blob Storage (Azurite) on another.

import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { stage } from './harness.mjs';

const account = 'floetest';
const key = randomBytes(32);
const AZURITE = fileURLToPath(new URL('../../node_modules/azurite/dist/src/blob/main.js', import.meta.url));

/** Starts a program and waits until what it prints fits. */
function start(command, args, pattern, env = process.env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (part) => {
      output += part;
      const found = pattern.exec(output);
      if (found) resolve({ child, found });
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code} before it was ready: ${output}`)));
  });
}

async function stop(started) {
  if (!started || started.child.exitCode !== null) return;
  const ended = new Promise((resolve) => started.child.once('exit', resolve));
  started.child.kill();
  await ended;
}

const directory = mkdtempSync(join(tmpdir(), 'floe-azure-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const [azurite, sandbox] = await Promise.all([
  start(
    'node',
    [AZURITE, '--blobHost', '127.0.0.1', '--blobPort', '0', '--inMemoryPersistence', '--silent', '--disableTelemetry', '--skipApiVersionCheck', '--loose'],
    /successfully listens on (http:\S+)/,
    { ...process.env, AZURITE_ACCOUNTS: `${account}:${key.toString('base64')}` },
  ),
  start(
    process.env.FLOE,
    ['sandbox', '--port', '0', '--years', '2021,2022', '--composites', '2', '--json'],
    /(\{.*"catalog_url".*\})/,
  ),
]);
after(async () => {
  await stop(azurite);
  await stop(sandbox);
});

/** A request signed with the account's key. */
async function signed(path, query, headers = {}, body = '') {
  const sent = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': '2021-12-02', ...headers };
  if (body) sent['Content-Type'] = 'application/xml';
  const canonical = Object.keys(sent)
    .filter((name) => name.startsWith('x-ms-'))
    .sort()
    .map((name) => `${name}:${sent[name]}\n`)
    .join('');
  const resource =
    `/${account}/${account}${path}` +
    Object.keys(query)
      .sort()
      .map((name) => `\n${name}:${query[name]}`)
      .join('');
  const length = body ? Buffer.byteLength(body) : '';
  const text = `PUT\n\n\n${length}\n\n${body ? 'application/xml' : ''}\n\n\n\n\n\n\n${canonical}${resource}`;
  sent.Authorization = `SharedKey ${account}:${createHmac('sha256', key).update(text).digest('base64')}`;
  const url = `${azurite.found[1]}/${account}${path}?${new URLSearchParams(query)}`;
  const response = await fetch(url, { method: 'PUT', headers: sent, body: body || undefined });
  assert.ok(response.ok, `${response.status} ${await response.text()}`);
}

/** What `az storage container set-permission --public-access blob` does. */
const allowPublicRead = () =>
  signed('/tiles', { restype: 'container', comp: 'acl' }, { 'x-ms-blob-public-access': 'blob' });

/** What `az storage cors add` does. */
const allowOrigin = (origin) =>
  signed(
    '/',
    { restype: 'service', comp: 'properties' },
    {},
    '<?xml version="1.0" encoding="utf-8"?><StorageServiceProperties><Cors><CorsRule>' +
      `<AllowedOrigins>${origin}</AllowedOrigins><AllowedMethods>GET,HEAD,OPTIONS</AllowedMethods>` +
      '<AllowedHeaders>range</AllowedHeaders><ExposedHeaders>content-range</ExposedHeaders>' +
      '<MaxAgeInSeconds>86400</MaxAgeInSeconds></CorsRule></Cors></StorageServiceProperties>',
  );

/** Runs the processor on a store: the directory `local`, or the one in Azurite. */
async function floe(store, ...args) {
  const { catalog_url, sign_url, due_days } = JSON.parse(sandbox.found[1]);
  const settings = {
    years: '[2021,2022]',
    'grid.resolution': '0.25',
    'catalog.url': catalog_url,
    'catalog.sign_url': sign_url,
    'catalog.due_days': JSON.stringify(due_days),
  };
  const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const env = {
    PATH: process.env.PATH,
    AZURE_STORAGE_ACCOUNT: account,
    AZURE_STORAGE_ACCOUNT_KEY: key.toString('base64'),
    AZURE_STORAGE_ENDPOINT: `${azurite.found[1]}/${account}`,
  };
  const { stdout } = await promisify(execFile)(process.env.FLOE, ['--store', store, ...set, ...args], { env, cwd: directory });
  return stdout;
}

const cloud = 'az://tiles/world';
const cloudUrl = () => `${azurite.found[1]}/${account}/tiles/world`;

await signed('/tiles', { restype: 'container' });
for (const store of ['local', cloud]) {
  await floe(store, 'init');
  await floe(store, 'process', '--tile', '4,18', '4,19');
  await floe(store, 'overviews');
}
const { server, visit } = await stage({ '/local/': join(directory, 'local') });

test('without public reading and CORS the page says what the store lacks', async () => {
  const show = () => visit({ query: `?store=${cloudUrl()}`, expectErrors: true });
  let { idle, error, close } = await show();
  await idle();
  assert.match(await error(), /CORS|public/);
  await close();
  await allowPublicRead();
  ({ idle, error, close } = await show());
  await idle();
  assert.match(await error(), /CORS/);
  await close();
});

test('with them it shows the values and the status that the same tiles have beside the page', async () => {
  await allowPublicRead();
  await allowOrigin(server.url);
  const seen = [];
  for (const store of ['/local', cloudUrl()]) {
    const { page, idle, floe: call, error, close } = await visit({
      query: `?store=${store}&status=1&lon=5&lat=45&z=4`,
    });
    await idle();
    assert.equal(await error(), null);
    const counts = await page.locator('[data-status=processed]').textContent();
    seen.push([counts, await call('inspect', 3.1, 45.3), await call('inspect', 12.6, 46.4)]);
    await close();
  }
  const [local, azure] = seen;
  assert.deepEqual(azure, local);
  assert.equal(azure[0], '2');
  const values = Object.values(azure[1].values).flatMap((years) => Object.values(years));
  assert.ok(values.some((value) => value > 200), JSON.stringify(values));
});
