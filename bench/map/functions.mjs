// Says what a WebAssembly module with a name section consists of, in uncompressed bytes: its sections, its functions by crate,
// and its largest functions, copies for several types taken together.
//
//     node functions.mjs MODULE [--most 60] [--crate NAME] [--copies]
//
// Cargo's profile of the page and wasm-bindgen keep names, and wasm-opt with -g.
// `--crate` lists one crate's alone, `--copies` only what there is more than once.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { withoutHash } from '../../script/page-panics.mjs';
import { bodies, functionNames, sections } from '../../script/wasm-module.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { most: { type: 'string', default: '60' }, crate: { type: 'string' }, copies: { type: 'boolean' } },
});
if (positionals.length !== 1) throw new Error('expected: MODULE [--most 60] [--crate NAME] [--copies]');

const names = ['custom', 'type', 'import', 'function', 'table', 'memory', 'global', 'export', 'start', 'element', 'code', 'data', 'data count'];
const module = readFileSync(positionals[0]);
const labels = functionNames(module);
const functions = bodies(module).map(({ length }, index) => ({ bytes: length, label: withoutHash(labels[index] ?? '?') }));

/** A function's name without what tells its copies apart: hashes, and the types in angle brackets but for those of the implementor. */
function generic(label) {
  let depth = 0;
  let text = '';
  for (const [at, letter] of [...label].entries()) {
    if (letter === '<' && at > 0) depth += 1;
    if (depth === 0) text += letter;
    if (letter === '>' && at > 0 && depth > 0 && label[at - 1] !== '-') depth -= 1;
  }
  return text;
}

const crateOf = (label) => label.match(/[a-z_][a-z0-9_]*(?=::)/)?.[0] ?? 'other';
const sums = (key) => {
  const found = new Map();
  for (const one of functions) {
    const sum = found.get(key(one.label)) ?? { bytes: 0, count: 0 };
    found.set(key(one.label), { bytes: sum.bytes + one.bytes, count: sum.count + 1 });
  }
  return [...found].toSorted(([, a], [, b]) => b.bytes - a.bytes);
};
const line = (bytes, count, name) => console.log(`${String(bytes).padStart(8)} ${String(count).padStart(5)}  ${name}`);

const most = Number(options.most);
if (!options.crate && !options.copies) {
  for (const [id, { length }] of sections(module)) if (length > 500) line(length, '', names[id]);
  console.log('\ncrates');
  for (const [name, { bytes, count }] of sums(crateOf).slice(0, 30)) line(bytes, count, name);
  console.log('\nfunctions');
}
const wanted = ([name, { count }]) => (!options.crate || crateOf(name) === options.crate) && (!options.copies || count > 1);
for (const [name, { bytes, count }] of sums(generic).filter(wanted).slice(0, most)) line(bytes, count, name.slice(0, 150));
