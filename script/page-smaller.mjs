// Makes what a built page downloads smaller, without changing what it does.
//
// * wasm-bindgen names what a module and its script hand each other with a hash of 16 digits, which no compression
//   shortens, once in the module and once in the script: they get names of a few letters.
// * What only the page needs becomes a part of its own (page-parts.mjs).
// * Functions that are alike are put one after the other, so that gzip, which looks back 32 KB, finds them.
// * Scripts and style sheets lose comments and indentation.
//
// Expects wasm-opt on PATH. What is named after its content gets the name of the new content.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { withoutPanicMessages } from './page-panics.mjs';
import { parted } from './page-parts.mjs';
import { CUSTOM, EXPORTS, IMPORTS, bodies, exports, functionNames, hasNames, importedFunctions, imports, joined, leb, name, sections, vector, withoutNames } from './wasm-module.mjs';

/** The module that is taken apart. */
const PAGE = 'floe-viewer';

/** Gives a module and its script short names for what they hand each other. */
export function withShortNames(module, script) {
  const short = new Map();
  const generated = /^(?:__wb|wasm_bindgen)/;
  // The script has no other name that begins so.
  const shortened = (long) => {
    if (!generated.test(long)) return long;
    if (!short.has(long)) short.set(long, `$${short.size.toString(36)}`);
    return short.get(long);
  };
  const parts = sections(module).map(([id, content]) => {
    if (id === IMPORTS) {
      return [id, vector(imports(content).map((one) => Buffer.concat([name(one.from), name(shortened(one.name)), one.rest])))];
    }
    if (id === EXPORTS) {
      return [id, vector(exports(content).map((one) => Buffer.concat([name(shortened(one.name)), one.rest])))];
    }
    return [id, content];
  });
  if (/\$[0-9a-z]/.test(script)) throw new Error('expected no name with $ in a script of wasm-bindgen, found one');
  const renamed = script.replaceAll(/\b(?:__wb|wasm_bindgen)\w*/g, (long) => short.get(long) ?? long);
  return [joined(module, parts), renamed];
}

/**
 * The functions of a module in an order in which each is followed by the one most like it, and like the few before it, of those that are
 * left.
 */
export function alikeTogether(bodies) {
  // As the four bytes that begin at each place, those that not too many functions have.
  const LENGTH = 4;
  const MOST = 400;
  // How many functions before count, each less than the one after it.
  const BEFORE = 6;
  const FADING = 0.8;
  const shingles = bodies.map((body) => {
    const found = new Set();
    for (let at = 0; at + LENGTH <= body.length; at++) found.add(body.readUIntLE(at, LENGTH));
    return found;
  });
  const owners = new Map();
  shingles.forEach((found, index) => {
    for (const shingle of found) {
      const list = owners.get(shingle);
      if (list) list.push(index);
      else owners.set(shingle, [index]);
    }
  });
  const left = new Set(bodies.keys());
  const order = [];
  // Adds to each function that is left what it has in common with one before: the cosine of the two.
  const add = (likeness, index, weight) => {
    const shared = new Map();
    for (const shingle of shingles[index]) {
      const list = owners.get(shingle);
      if (list.length < 2 || list.length > MOST) continue;
      for (const other of list) if (left.has(other)) shared.set(other, (shared.get(other) ?? 0) + 1);
    }
    for (const [other, count] of shared) {
      const share = (weight * count) / Math.sqrt(shingles[other].size * shingles[index].size + 1);
      likeness.set(other, (likeness.get(other) ?? 0) + share);
    }
  };
  let next = 0;
  for (let index = 1; index < bodies.length; index++) if (bodies[index].length > bodies[next].length) next = index;
  while (next !== undefined) {
    order.push(next);
    left.delete(next);
    const likeness = new Map();
    order.slice(-BEFORE).reverse().forEach((index, back) => add(likeness, index, FADING ** back));
    let [best, most] = [undefined, 0.02];
    for (const [other, share] of likeness) if (share > most) [best, most] = [other, share];
    [next = left.values().next().value] = [best];
  }
  return order;
}

/** The module as wasm-opt makes it with some options. */
function optimised(module, options) {
  const file = join(tmpdir(), `floe-page-${process.pid}.wasm`);
  try {
    writeFileSync(file, module);
    execFileSync('wasm-opt', [...options, '-o', file, file], { stdio: ['ignore', 2, 2] });
    return readFileSync(file);
  } finally {
    rmSync(file, { force: true });
  }
}

/** Below a module's first kilobyte lies only the end of the stack. */
const small = (module) => reordered(optimised(module, ['-Oz', '--low-memory-unused']));

/** The module with functions that are alike one after the other. */
function reordered(module) {
  const imported = importedFunctions(module);
  // wasm-opt orders functions by name, so that they are named after their places.
  const named = (index, place) => Buffer.concat([leb(index), name(place)]);
  const places = Array.from({ length: imported }, (_, index) => named(index, `import${index}`));
  const rank = [];
  const order = alikeTogether(bodies(module));
  order.forEach((body, place) => (rank[body] = place));
  rank.forEach((place, body) => places.push(named(imported + body, `place${String(place).padStart(7, '0')}`)));
  const functions = vector(places);
  const names = Buffer.concat([name('name'), Buffer.from([1]), leb(functions.length), functions]);
  return optimised(joined(module, [...withoutNames(module), [CUSTOM, names]]), ['-Oz', '--reorder-functions-by-name', '--strip-producers']);
}

/** A script of wasm-bindgen without lines that are comments, and without indentation. */
export function withoutComments(script) {
  const odd = script.split('\n').find((line) => line.split('`').length % 2 === 0);
  if (odd !== undefined) throw new Error(`expected no text of several lines in a script of wasm-bindgen, found ${odd.trim()}`);
  return script
    .replaceAll(/^\s*\/\*\*[^]*?\*\/\s*\n/gm, '')
    .replaceAll(/^\s*\/\/.*\n/gm, '')
    .replaceAll(/\n\s+/g, '\n');
}

/** A style sheet without comments and indentation. */
export function plainStyle(sheet) {
  return sheet.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/\n\s+/g, '\n').trimStart();
}

/**
 * A script of wasm-bindgen that also gives what its module imports, since the page's part is started with the same, and has no second way of
 * starting it.
 */
function withImports(script) {
  const end = 'export { initSync, __wbg_init as default };';
  const second = /^function initSync\(module\) \{\n[^]*?^\}\n/m;
  if (script.split(end).length !== 2 || !second.test(script)) throw new Error(`expected a script of wasm-bindgen to have initSync and to end with ${end}`);
  return script.replace(second, '').replace(end, 'export { __wbg_init as default, __wbg_get_imports as imports };');
}

/** The page is built, and index.html names its files. */
export function makeSmaller(dist) {
  // Where the builder has no time for link-time optimisation there is none for this either.
  const isQuick = process.env.CARGO_PROFILE_PAGE_LTO === 'off';
  const files = readdirSync(dist);
  const contents = new Map();
  for (const file of files) {
    const [, stem] = file.match(/^(.*?)(?:-[0-9a-f]{16})?_bg\.wasm$/) ?? [];
    if (!stem) continue;
    const script = files.find((other) => other.endsWith('.js') && other.replace(/(?:-[0-9a-f]{16})?\.js$/, '') === stem);
    if (!script) throw new Error(`${file}: expected its script beside it`);
    const isParted = stem === PAGE && !isQuick && hasNames(readFileSync(join(dist, file)));
    const plainScript = readFileSync(join(dist, script), 'utf8');
    const [module, text] = withShortNames(readFileSync(join(dist, file)), isParted ? withImports(plainScript) : plainScript);
    if (isQuick || !hasNames(module)) {
      contents.set(file, isQuick ? module : reordered(module));
    } else {
      // No program that is deployed says why it panics. index.html has wasm-opt keep the names of functions (-g) for this.
      const plain = withoutPanicMessages(module);
      const [first, second] = isParted ? parted(plain, functionNames(module)) : [plain];
      contents.set(file, small(first));
      if (second) contents.set(file.replace('_bg.wasm', '_page.wasm'), small(second));
    }
    contents.set(script, withoutComments(text));
  }
  for (const file of files.filter((file) => file.endsWith('.css'))) {
    contents.set(file, plainStyle(readFileSync(join(dist, file), 'utf8')));
  }
  let html = readFileSync(join(dist, 'index.html'), 'utf8');
  // A digest of what a file held before would have the browser refuse it.
  const [digest] = html.match(/<[^>]*\sintegrity=[^>]*>/) ?? [];
  if (digest) throw new Error(`index.html: expected data-integrity="none" on every link, found ${digest}`);
  for (const [file, content] of contents) {
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
    const renamed = file.replace(/-[0-9a-f]{16}(?=(?:_bg|_page)?\.\w+$)/, `-${hash}`);
    rmSync(join(dist, file), { force: true });
    writeFileSync(join(dist, renamed), content);
    html = html.replaceAll(file, renamed);
  }
  writeFileSync(join(dist, 'index.html'), html);
}
