// Takes out of a WebAssembly module what it says before a panic ends it: the code that writes the message, the name of each
// place in the sources, and so the writing of all that stands in messages alone. What is left is the instruction that ends it, and the
// browser's word for that with the place in the module.

import { CODE, DATA, Reader, bodies, functionNames, joined, leb, sections, vector, withoutNames } from './wasm-module.mjs';

/** Functions of the standard library that never return: they write a message and end the program. By their names without hashes. */
const PANICS = new RegExp(
  [
    /^core::panicking::/,
    /^core::(option|result)::(unwrap|expect)_failed$/,
    /^core::(slice|str|char|cell|array)::(.*(_fail|_fail_rt)|(.*::)?panic_\w+)$/,
    /::assert_failed$/,
    /^alloc::(raw_vec::(handle_error|capacity_overflow)|alloc::handle_alloc_error)$/,
    /^std::(panicking::(panic_with_hook|panic_handler|begin_panic|begin_panic_handler|rust_panic)|alloc::rust_oom|thread::local::panic_\w+)$/,
    /^(__rustc::)?(rust_panic|rust_begin_unwind|__rust_start_panic|__rdl_oom|__rg_oom)$/,
  ]
    .map(({ source }) => `(?:${source})`)
    .join('|'),
);

/**
 * Functions that stand in the module's table of functions, from which wasm-opt takes none off, and that the page never calls: attributes are
 * copied, and a view is asked for its elements, only where attributes are spread over a view, and streams belong to server functions. The
 * page has neither.
 */
const UNUSED = /::IntoAnyAttribute>::into_any_attr::clone$|::Mountable>::elements$|::any_view::elements$|wasm_streams::/;

/** A function's name without the hashes of either of the compiler's ways of naming. */
export const withoutHash = (name) => name.replace(/::h[0-9a-f]{16}.*$/, '').replaceAll(/\[[0-9a-f]+\]/g, '');

/** The module without what it says before it ends; it does end. */
export function withoutPanicMessages(module) {
  return withoutLocations(withTraps(module));
}

/** The module with an instruction that ends the program in the place of the functions that say first why, and of those that are not used. */
function withTraps(module) {
  const names = functionNames(module);
  if (names.length === 0) throw new Error('expected a module with the names of its functions, found none');
  // No locals; `unreachable`, `end`.
  const trap = Buffer.from([0, 0x00, 0x0b]);
  const ends = (name) => PANICS.test(name) || UNUSED.test(name);
  const shortened = bodies(module).map((body, index) => (ends(withoutHash(names[index] ?? '')) ? trap : body));
  const code = vector(shortened.map((body) => Buffer.concat([leb(body.length), body])));
  // Without the names: wasm-opt would name two parts of the memory alike, and stop.
  return joined(module, withoutNames(module).map(([id, content]) => (id === CODE ? [id, code] : [id, content])));
}

/** A module's data segments: where in memory each begins, and its bytes, which can be written to. */
function segments(content) {
  const reader = new Reader(content);
  return Array.from({ length: reader.number() }, () => {
    const [kind, opcode] = reader.take(2);
    if (kind !== 0 || opcode !== 0x41) throw new Error(`expected data at a constant place of the memory, found kind ${kind}, opcode ${opcode}`);
    const start = reader.signed();
    reader.take(1);
    return { start, bytes: reader.take(reader.number()) };
  });
}

/**
 * The module with zeros, which take no room, for `core::panic::Location`s: where in memory the name of a source file lies, its
 * length, line and column. Nothing reads them any more; wasm-opt cannot know that.
 */
export function withoutLocations(module) {
  const changed = Buffer.from(module);
  const [, data] = sections(changed).find(([id]) => id === DATA);
  const found = segments(data);
  const at = (start, length) => {
    const owner = found.find((one) => start >= one.start && start + length <= one.start + one.bytes.length);
    return owner?.bytes.subarray(start - owner.start, start - owner.start + length);
  };
  const files = new Set();
  const locations = [];
  for (const { start, bytes } of found) {
    for (let offset = -start & 3; offset + 16 <= bytes.length; offset += 4) {
      const [text, length, line, column] = [0, 4, 8, 12].map((member) => bytes.readUInt32LE(offset + member));
      if (length < 4 || length > 300 || line === 0 || line > 99_999 || column === 0 || column > 999) continue;
      const file = at(text, length);
      if (!file || !/^[\x20-\x7e]+\.rs\0?$/.test(file.toString('latin1'))) continue;
      files.add(file);
      locations.push(bytes.subarray(offset, offset + 16));
    }
  }
  for (const bytes of [...files, ...locations]) bytes.fill(0);
  return changed;
}
