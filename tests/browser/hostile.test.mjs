// Whatever a server sends for a store: said by name, in bounded memory, and asked for anew once it may have passed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { stage } from './harness.mjs';

const fixture = 'viewer/tests/data/store';
/** Bytes of a metadata object before its compressed body. */
const HEADER = 39;

const { browser, server, visit } = await stage();

/**
 * Serves a directory, whatever the names in it, and lets `answer(path, request, response, bytes)` see to a request
 * itself: it says so by returning true. `asked` has the paths so far.
 */
async function host(directory, answer = () => false) {
  const asked = [];
  const listener = createServer((request, response) => {
    const path = decodeURIComponent(request.url.slice(1).split('?')[0]);
    asked.push(path);
    response.setHeader('Access-Control-Allow-Origin', '*');
    let bytes;
    try {
      bytes = readFileSync(join(directory, path));
      response.setHeader('Last-Modified', statSync(join(directory, path)).mtime.toUTCString());
    } catch {
      response.writeHead(404).end();
      return;
    }
    if (answer(path, request, response, bytes)) return;
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (range) {
      const [first, last] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
      response.setHeader('Content-Range', `bytes ${first}-${last}/${bytes.length}`);
      response.writeHead(206).end(bytes.subarray(first, last + 1));
    } else {
      response.writeHead(200).end(bytes);
    }
  });
  await new Promise((listening) => listener.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${listener.address().port}`;
  const close = () => new Promise((closed) => (listener.closeAllConnections(), listener.close(closed)));
  return { url, asked, close };
}

/** A zstd frame of 4 GiB of zeros: blocks that each repeat one byte 128 KiB long (RFC 8878, section 3.1.1). */
function bomb() {
  const blocks = Buffer.alloc(4 << 15);
  for (let block = 0; block < 1 << 15; block += 1) {
    const last = block === (1 << 15) - 1 ? 1 : 0;
    blocks.writeUIntLE(last | (1 << 1) | ((128 << 10) << 3), 4 * block, 3);
  }
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50]), blocks]);
}

/** The most memory that a process of a page has had, workers included, in bytes (`VmHWM` of proc(5)). */
async function peakMemory() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const peaks = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))[1]) * 1024);
  return Math.max(...peaks);
}

test('an object that inflates to 4 GiB is refused by name, and the page goes on', async () => {
  const frame = bomb();
  let hostile;
  const store = await host(fixture, (path, request, response, bytes) => {
    if (!path.startsWith(hostile)) return false;
    response.end(Buffer.concat([bytes.subarray(0, HEADER), frame]));
    return true;
  });
  for (const [kind, most] of [
    ['repo', 32],
    ['snapshots/', 64],
    ['manifests/', 128],
  ]) {
    hostile = kind;
    const { page, idle, error, close } = await visit({
      query: `?store=${store.url}`,
      expectErrors: true,
    });
    await idle();
    const said = await error();
    assert.ok(said.includes(kind) && said.includes(`expected at most ${most << 20} bytes`), said);
    // Still there, and able to open another store.
    assert.match(await page.title(), /./);
    const peak = await peakMemory();
    assert.ok(peak > 0 && peak < 1 << 30, `${kind}: ${peak} bytes`);
    await close();
  }
  await store.close();
});

test('a body without end is given up', async () => {
  const store = await host(fixture, (path, request, response) => {
    if (path !== 'repo') return false;
    const piece = Buffer.alloc(1 << 20);
    const more = () => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
    return true;
  });
  const { idle, error, close } = await visit({ query: `?store=${store.url}`, expectErrors: true });
  await idle();
  assert.match(await error(), /repo: expected at most \d+ bytes, received more/);
  await close();
  await store.close();
});

test('a manifest that was refused is asked for again, whatever the browser was told to keep', async () => {
  let isPrivate = true;
  const store = await host(fixture, (path, request, response) => {
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
    if (!isPrivate || !path.startsWith('manifests/')) return false;
    response.writeHead(403).end();
    return true;
  });
  const { page, idle, error, close } = await visit({
    query: `?store=${store.url}`,
    expectErrors: true,
  });
  await idle();
  assert.match(await error(), /access is denied \(status 403\)/);
  isPrivate = false;
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
  await idle();
  assert.equal(await error(), null);
  await close();
  await store.close();
});

test('a pixel whose chunk could not be read is asked for again by inspect', async () => {
  let bad;
  const store = await host(fixture, (path, request, response) => {
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
    if (!bad || !path.startsWith('chunks/')) return false;
    if (bad === 'denied') response.writeHead(403).end();
    else response.end('damaged');
    return true;
  });
  for (const kind of ['denied', 'damaged']) {
    bad = undefined;
    const { floe, close } = await visit({
      query: `?store=${store.url}`,
      expectErrors: true,
    });
    await floe('idle');
    // The other variable's chunks have not been asked for yet.
    bad = kind;
    const south = [120, -60];
    await assert.rejects(floe('inspect', ...south));
    bad = undefined;
    const { values } = await floe('inspect', ...south);
    assert.ok(values.max_daytime_lst[2019] > 150 && values.max_daytime_lst[2020] > 150);
    await close();
  }
  await store.close();
});

/** A store whose values lie in files of another server, and that server. */
async function elsewhere(answer) {
  const directory = mkdtempSync(join(tmpdir(), 'floe-virtual-'));
  const [files, store] = [mkdtempSync(join(tmpdir(), 'floe-files-')), join(directory, 'store')];
  const foreign = await host(files, answer);
  execFileSync(process.env.FLOE_PYTHON, ['tests/browser/virtual_store.py', store, files, foreign.url]);
  const own = await host(store);
  const close = async () => {
    await Promise.all([foreign.close(), own.close()]);
    for (const path of [directory, files]) rmSync(path, { recursive: true, force: true });
  };
  assert.equal(readdirSync(files).length, 3);
  return { url: own.url, asked: foreign.asked, close };
}

test('values in files elsewhere are read by escaped names and named containers, and a changed file is named', async () => {
  const store = await elsewhere();
  const { idle, floe, error, close } = await visit({
    query: `?store=${store.url}&year=2021`,
    expectErrors: true,
  });
  await idle();
  assert.equal(await error(), null);
  assert.ok(store.asked.includes('a b+c#d?e%f.bin'), store.asked.join(', '));
  await floe('select', { variable: 'max_daytime_lst' });
  await idle();
  assert.equal(await error(), null);
  assert.ok(store.asked.includes('plain.bin'));
  await floe('select', { year: 2022 });
  await idle();
  assert.match(await error(), /late\.bin: the file has changed since the store was written/);
  await close();
  await store.close();
});

test('a host that compresses what it sends a part of is asked for the whole file', async () => {
  let whole = 0;
  const store = await elsewhere((path, request, response, bytes) => {
    const packed = gzipSync(bytes);
    response.setHeader('Content-Encoding', 'gzip');
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (range) {
      response.setHeader('Content-Range', `bytes ${range[1]}-${packed.length - 1}/${packed.length}`);
      response.writeHead(206).end(packed.subarray(Number(range[1])));
    } else {
      whole += 1;
      response.end(packed);
    }
    return true;
  });
  const { idle, error, close } = await visit({
    query: `?store=${store.url}&year=2021`,
    expectErrors: true,
  });
  await idle();
  assert.equal(await error(), null);
  assert.ok(whole > 0);
  await close();
  await store.close();
});
