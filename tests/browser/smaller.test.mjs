// The files of the page are as small as script/page-smaller.mjs makes them, and named after what they hold.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { withoutPanicMessages } from '../../script/page-panics.mjs';
import { parted } from '../../script/page-parts.mjs';
import { alikeTogether, plainStyle, withoutComments } from '../../script/page-smaller.mjs';
import { CODE, CUSTOM, DATA, IMPORTS, bodies, functionNames, joined, leb, name, sections, vector } from '../../script/wasm-module.mjs';

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
  const named = readdirSync(dist).filter((file) => /-[0-9a-f]{16}(?:_\w+)?\.\w+$/.test(file));
  assert.equal(named.length, 4);
  for (const file of named) {
    const hash = createHash('sha256').update(readFileSync(join(dist, file))).digest('hex').slice(0, 16);
    assert.match(file, new RegExp(`-${hash}(_bg|_page)?\\.`));
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

/** A module of functions [name, body] with some bytes at a place of its memory. */
function module(functions, start, data) {
  const named = vector(functions.map(([label], index) => Buffer.concat([leb(index), name(label)])));
  const types = [1, vector([Buffer.from([0x60, 0, 0])])];
  const code = vector(functions.map(([, body]) => Buffer.concat([leb(body.length), Buffer.from(body)])));
  return joined(Buffer.from('\0asm\x01\0\0\0', 'latin1'), [
    types,
    [IMPORTS, vector([])],
    [3, vector(functions.map(() => leb(0)))],
    [5, Buffer.from([1, 0, 1])],
    [CODE, code],
    [DATA, vector([Buffer.concat([Buffer.from([0, 0x41]), leb(start), Buffer.from([0x0b]), leb(data.length), data])])],
    [CUSTOM, Buffer.concat([name('name'), Buffer.from([1]), leb(named.length), named])],
  ]);
}

test('what only ends a program, or is never called, ends it at once, by either way of naming, and nothing else does', () => {
  const body = [0, 0x01, 0x0b];
  const panics = ['core::panicking::panic_fmt::h0123456789abcdef', 'core[a1b2c3]::option::unwrap_failed', '__rustc[7]::rust_begin_unwind'];
  panics.push('<T as tachys::html::attribute::any_attribute::IntoAnyAttribute>::into_any_attr::clone::h0123456789abcdef');
  const others = ['<T as tachys::html::attribute::any_attribute::IntoAnyAttribute>::into_any_attr::build', 'core::fmt::write::h0123456789abcdef', 'std[a1]::panicking::panic_count::is_zero_slow_path', '<core[a1]::panicking::AssertKind as core[a1]::fmt::Debug>::fmt'];
  const before = module([...panics, ...others].map((label) => [label, body]), 16, Buffer.alloc(4));
  assert.ok(WebAssembly.validate(before));
  const after = withoutPanicMessages(before);
  assert.ok(WebAssembly.validate(after));
  const trap = [0, 0x00, 0x0b];
  assert.deepEqual(bodies(after).map((one) => [...one]), [trap, trap, trap, trap, body, body, body, body]);
  assert.deepEqual(functionNames(after), []);
});

test('a module is taken apart into what a worker can start alone and what only the page calls', async () => {
  const text = `(module
    (type $number (func (result i32)))
    (import "script" "five" (func $five (result i32)))
    (memory (export "memory") 1)
    (table $functions 4 4 funcref)
    (table $others 2 externref)
    (global $depth (mut i32) (i32.const 7))
    (global $end i32 (i32.const 9))
    (elem (table $functions) (i32.const 1) func $inCommon $listener $five)
    (func $start (export "start") (result i32) (i32.add (call $inCommon) (call_indirect $functions (type $number) (i32.const 3))))
    (func $show (export "show") (param i32) (result i32) (call $panel (local.get 0)))
    (func $inCommon (result i32) (i32.load (i32.const 2000)))
    (func $panel (param i32) (result i32) (global.set $depth (i32.const 1)) (i32.add (local.get 0) (i32.add (call $alone) (call_indirect $functions (type $number) (i32.const 2)))))
    (func $alone (result i32) (i32.mul (call $inCommon) (call $five)))
    (func $listener (result i32) (i32.add (global.get $depth) (global.get $end)))
    (data (i32.const 2000) "\\03\\00\\00\\00"))`;
  const file = join(tmpdir(), `floe-parts-test-${process.pid}`);
  writeFileSync(`${file}.wat`, text);
  execFileSync('wasm-as', ['--all-features', `${file}.wat`, '-o', `${file}.wasm`]);
  const whole = readFileSync(`${file}.wasm`);
  for (const end of ['wat', 'wasm']) rmSync(`${file}.${end}`);
  const script = { script: { five: () => 5 } };
  const expected = (await WebAssembly.instantiate(whole, script)).instance.exports;
  const names = ['main', 'show', 'core::fmt::write', 'floe_viewer::components::panel', 'core::num::product', '<F as tachys::View>::listener'];
  const [first, second] = parted(whole, names);
  const alone = (await WebAssembly.instantiate(first, script)).instance.exports;
  assert.equal(alone.start(), expected.start());
  assert.throws(() => alone.show(1), WebAssembly.RuntimeError);
  const both = (await WebAssembly.instantiate(first, script)).instance.exports;
  await WebAssembly.instantiate(second, { ...script, first: both });
  assert.equal(both.start(), 8);
  assert.equal(both.show(1), 1 + 3 * 5 + 1 + 9);
  assert.equal(both.show(1), expected.show(1));
  const mixed = names.with(2, 'floe_viewer::components::list').with(4, 'floe_viewer::store::read');
  assert.throws(() => parted(whole, mixed), /expected functions of workers to call none of the page's, but floe_viewer::store::read does/);
});

test('places in the sources go, and all other bytes of the memory stay', () => {
  const words = (...numbers) => Buffer.from(Uint32Array.from(numbers).buffer);
  const text = Buffer.from('a/b.rs\0\0', 'latin1');
  // A text and its length as they are, the name of a file, a place in it, and what is no place: there is no line 0.
  const data = Buffer.concat([words(1024, 3, 7, 9), text, words(1024 + 16, 6, 120, 9), words(1024 + 16, 6, 0, 9)]);
  const after = withoutPanicMessages(module([['f', [0, 0x0b]]], 1024, data));
  const [, content] = sections(after).find(([id]) => id === DATA);
  const expected = Buffer.concat([words(1024, 3, 7, 9), Buffer.alloc(6), text.subarray(6), Buffer.alloc(16), words(1024 + 16, 6, 0, 9)]);
  assert.deepEqual([...content.subarray(-data.length)], [...expected]);
});
