// The files of the page are as small as script/page-smaller.mjs makes them, and named after what they hold.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { alikeTogether, plainStyle, withoutComments } from '../../script/page-smaller.mjs';

const dist = process.env.FLOE_DIST;
const modules = readdirSync(dist).filter((file) => file.endsWith('.wasm'));

test('no name of wasm-bindgen with its hash is left in the modules', () => {
  assert.equal(modules.length, 3);
  for (const file of modules) {
    const text = readFileSync(join(dist, file), 'latin1');
    assert.deepEqual(text.match(/__wbg_\w+_[0-9a-f]{16}/g), null, file);
  }
});

test('what is named after its content has the name of what it holds, and is what the page asks for', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const named = readdirSync(dist).filter((file) => /-[0-9a-f]{16}(?:_bg)?\.\w+$/.test(file));
  assert.equal(named.length, 3);
  for (const file of named) {
    const hash = createHash('sha256').update(readFileSync(join(dist, file))).digest('hex').slice(0, 16);
    assert.match(file, new RegExp(`-${hash}(_bg)?\\.`));
    assert.ok(html.includes(file), file);
  }
});

test('no file is asked for by a digest of what it held before it became smaller', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /\sintegrity=/);
});

test('functions that are alike come one after the other, and each once', () => {
  const bodies = ['the first kind of function, longest', 'something else', 'the first kind of function', 'something else again'];
  const order = alikeTogether(bodies.map((body) => Buffer.from(body)));
  assert.deepEqual(order, [0, 2, 1, 3]);
});

test('comments and indentation go, and what stands in quotes stays', () => {
  assert.equal(withoutComments('/**\n * What.\n */\nfunction f() {\n    // Why.\n    return "// no";\n}\n'), 'function f() {\nreturn "// no";\n}\n');
  assert.throws(() => withoutComments('const a = `\n  b`;'), /text of several lines/);
  assert.equal(plainStyle('/* What. */\na {\n  b: "c  d"; /* e */\n}\n'), 'a {\nb: "c  d"; \n}\n');
});
