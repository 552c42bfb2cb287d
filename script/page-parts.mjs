// Takes a module apart: what its workers need, and what only the page needs, which comes after it.
//
// Page and workers are one module, and have a good part of their functions in common. On a slow line the reader of the store shall not
// wait for the page's part: it has one question after the other to ask, each of which waits for the answer to the one before. The page's
// part is a module of its own, which has the memory, the table of functions and the globals of the first and puts its functions into
// that table. Where a function of one part calls one of the other, it does so through the table: a short function in the other's
// place does that, so that nothing has to be numbered anew.
//
// Expects wasm-dis on PATH, for which function calls which.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CODE, CUSTOM, ELEMENTS, EXPORTS, FUNCTIONS, GLOBALS, IMPORTS, MEMORIES, Reader, TABLES, TYPES, bodies, importedFunctions, joined, leb, name, sections, signedLeb, vector } from './wasm-module.mjs';

/** Functions that only a page can call, by their names: those of its user interface, and of its side of the workers. */
const OF_THE_PAGE = /\b(?:tachys|leptos\w*|reactive_graph|floe_viewer::(?:app|bridge|browser|components|session|map|worker::(?:client|connection|hearing|revival|thread|watch)))::/;
/** Functions that only a worker can call: should one be taken for the page's, something is wrong. */
const OF_WORKERS = /^<?floe_viewer::(?:store|worker::(?:host|decoder|shapes|foresight|queue|answer))::/;
/** What the page's part asks of the first one, beside the page's script. */
const FIRST = 'first';

/**
 * The two parts of a module whose functions have names. The first one can be started alone, as long as nothing of the page's is called;
 * the second one is started with the imports of the first and, as `first`, its exports.
 */
export function parted(module, names) {
  const parts = new Map(sections(module));
  const first = importedFunctions(module);
  const code = bodies(module);
  const types = list(parts.get(FUNCTIONS), (reader) => reader.number());
  const shapes = list(parts.get(TYPES), parameters);
  const exported = list(parts.get(EXPORTS), ownExport(first)).filter((index) => index !== undefined);
  const table = elements(parts.get(ELEMENTS), first);
  const calls = callGraph(module);
  const isPage = ofThePage({ names, calls, exported, held: table.entries.filter((index) => index >= 0) });

  // Where a function stands in the table; further ones are added at its end.
  const slots = new Map();
  table.entries.forEach((index, at) => slots.has(index) || slots.set(index, table.offset + at));
  const [funcref, ...otherTables] = list(parts.get(TABLES), limited);
  let size = funcref.minimum;
  const added = [];
  const slot = (index) => {
    if (!slots.has(index)) {
      slots.set(index, size++);
      added.push(index);
    }
    return slots.get(index);
  };
  // Exports are the first part's, whatever they lead to.
  const across = new Set(exported.filter((index) => isPage[index]));
  calls.forEach((called, index) => called.forEach((other) => isPage[index] !== isPage[other] && across.add(other)));
  across.forEach(slot);

  const bridge = (index) => {
    const get = shapes[types[index]].flatMap((_, at) => [Buffer.from([0x20]), leb(at)]);
    // No locals; i32.const slot, call_indirect of that type in table 0, end.
    return Buffer.concat([Buffer.from([0]), ...get, Buffer.from([0x41]), signedLeb(slot(index)), Buffer.from([0x11]), leb(types[index]), Buffer.from([0, 0x0b])]);
  };
  // No locals; unreachable, end.
  const none = Buffer.from([0, 0x00, 0x0b]);
  const codeOf = (page) =>
    vector(code.map((body, index) => (isPage[index] === page ? body : across.has(index) ? bridge(index) : none)).map((body) => Buffer.concat([leb(body.length), body])));
  const entriesOf = (page) => {
    const all = [...table.entries.map((index, at) => [table.offset + at, index]), ...added.map((index) => [slots.get(index), index])];
    return segments(all.filter(([, index]) => (isPage[index] ?? false) === page), first);
  };
  const codes = [codeOf(false), codeOf(true)];

  const functions = { ...funcref, minimum: size, maximum: size };
  const globals = list(parts.get(GLOBALS), global);
  const shared = globals.filter(({ isMutable }) => isMutable);
  if (globals.slice(0, shared.length).some(({ isMutable }) => !isMutable)) throw new Error('expected the globals that change before those that do not');
  const [memory] = list(parts.get(MEMORIES), limited);
  const tables = [functions, ...otherTables];
  const handed = [
    ...tables.map((one, index) => ({ what: `table${index}`, kind: 1, index, type: asTable(one) })),
    ...shared.map((one, index) => ({ what: `global${index}`, kind: 3, index, type: one.type })),
    { what: 'memory', kind: 2, index: 0, type: asLimits({ ...memory, maximum: undefined }) },
  ];
  const exports = new Reader(parts.get(EXPORTS));
  const exportsBefore = exports.number();
  const known = handed.filter(({ what }) => what !== 'memory');
  const firstExports = Buffer.concat([
    leb(exportsBefore + known.length),
    parts.get(EXPORTS).subarray(exports.at),
    ...known.map(({ what, kind, index }) => Buffer.concat([name(what), Buffer.from([kind]), leb(index)])),
  ]);
  const imports = new Reader(parts.get(IMPORTS));
  const importsBefore = imports.number();
  const secondImports = Buffer.concat([
    leb(importsBefore + handed.length),
    parts.get(IMPORTS).subarray(imports.at),
    ...handed.map(({ what, kind, type }) => Buffer.concat([name(FIRST), name(what), Buffer.from([kind]), type])),
  ]);

  const custom = sections(module).filter(([id]) => id === CUSTOM);
  const firstPart = sections(module).map(([id, content]) => {
    if (id === TABLES) return [id, vector(tables.map(asTable))];
    if (id === EXPORTS) return [id, firstExports];
    if (id === ELEMENTS) return [id, entriesOf(false)];
    return id === CODE ? [id, codes[0]] : [id, content];
  });
  const secondPart = [
    [TYPES, parts.get(TYPES)],
    [IMPORTS, secondImports],
    [FUNCTIONS, parts.get(FUNCTIONS)],
    [GLOBALS, vector(globals.slice(shared.length).map(({ whole }) => whole))],
    [ELEMENTS, entriesOf(true)],
    [CODE, codes[1]],
    ...custom,
  ];
  return [joined(module, firstPart), joined(module, secondPart)];
}

/** Which functions only the page can call. */
function ofThePage({ names, calls, exported, held }) {
  const isPage = calls.map((_, index) => OF_THE_PAGE.test(names[index] ?? ''));
  const kept = new Set(exported);
  const callers = calls.map(() => []);
  calls.forEach((called, index) => called.forEach((other) => callers[other].push(index)));
  // What calls such a function is one itself, but for what is exported: by that the page is started.
  const found = [...isPage.keys()].filter((index) => isPage[index]);
  for (const index of found) {
    for (const caller of callers[index]) {
      if (isPage[caller] || kept.has(caller)) continue;
      isPage[caller] = true;
      found.push(caller);
    }
  }
  for (const index of exported) isPage[index] = false;
  // So is what only such functions call, and what nothing calls.
  const needed = [...new Set([...exported, ...held])].filter((index) => !isPage[index]);
  const isNeeded = new Set(needed);
  for (const index of needed) {
    for (const other of calls[index]) {
      if (isPage[other] || isNeeded.has(other)) continue;
      isNeeded.add(other);
      needed.push(other);
    }
  }
  const wrong = names.find((name, index) => isPage[index] && OF_WORKERS.test(name ?? ''));
  if (wrong) throw new Error(`expected functions of workers to call none of the page's, but ${wrong} does`);
  return calls.map((_, index) => !isNeeded.has(index));
}

/** Of each of a module's own functions, those of its own functions that it calls by name. The module has no names. */
function callGraph(module) {
  const file = join(tmpdir(), `floe-parts-${process.pid}.wasm`);
  let text;
  try {
    writeFileSync(file, module);
    text = execFileSync('wasm-dis', [file], { maxBuffer: 1 << 30 }).toString('latin1');
  } finally {
    rmSync(file, { force: true });
  }
  const found = [];
  for (const [line, own, called] of text.matchAll(/^ \(func \$(\d+)\b|\((?:call|return_call|ref\.func) \$(\d+)\b/gm)) {
    if (own !== undefined) found.push(new Set());
    else if (found.length > 0) found.at(-1).add(Number(called));
    else if (line.includes('call')) throw new Error(`expected calls in functions alone, found ${line}`);
  }
  const count = bodies(module).length;
  if (found.length !== count) throw new Error(`expected ${count} functions in what wasm-dis writes, found ${found.length}`);
  return found;
}

function list(content, read) {
  const reader = new Reader(content);
  return Array.from({ length: reader.number() }, () => read(reader));
}

/** A function type's parameters. */
function parameters(reader) {
  const [form] = reader.take(1);
  if (form !== 0x60) throw new Error(`expected a function type, found ${form}`);
  const found = [...reader.take(reader.number())];
  reader.take(reader.number());
  return found;
}

/** Which of the module's own functions an export is, if it is one. */
const ownExport = (first) => (reader) => {
  reader.name();
  const [kind] = reader.take(1);
  const index = reader.number();
  return kind === 0 ? index - first : undefined;
};

/** A table's type of references, if it is a table, and limits. A memory has none of the former. */
function limited(reader) {
  const type = reader.bytes[reader.at] >= 0x60 ? reader.take(1)[0] : undefined;
  const [flags] = reader.take(1);
  if (flags > 1) throw new Error(`expected a memory or table of this module alone, found limits of kind ${flags}`);
  const minimum = reader.number();
  return { type, minimum, maximum: flags & 1 ? reader.number() : undefined };
}

const asLimits = ({ minimum, maximum }) => Buffer.concat([Buffer.from([maximum === undefined ? 0 : 1]), leb(minimum), maximum === undefined ? Buffer.alloc(0) : leb(maximum)]);
const asTable = (table) => Buffer.concat([Buffer.from([table.type]), asLimits(table)]);

/** A global that is a constant at the start. */
function global(reader) {
  const begin = reader.at;
  const type = reader.take(2);
  const [opcode] = reader.take(1);
  if (opcode !== 0x41) throw new Error(`expected a global that is an i32 constant at the start, found opcode ${opcode}`);
  reader.signed();
  reader.take(1);
  return { type, isMutable: type[1] === 1, whole: reader.bytes.subarray(begin, reader.at) };
}

/** The entries of the table of functions, from an offset on; imported functions have numbers below 0. */
function elements(content, first) {
  const reader = new Reader(content);
  const count = reader.number();
  const [kind, opcode] = reader.take(2);
  if (count !== 1 || kind !== 0 || opcode !== 0x41) throw new Error(`expected one segment of the table at a constant place, found ${count}, kind ${kind}`);
  const offset = reader.signed();
  reader.take(1);
  const entries = Array.from({ length: reader.number() }, () => reader.number() - first);
  return { offset, entries };
}

/** Segments with entries [place, function], one for each run of places. */
function segments(entries, first) {
  const runs = [];
  for (const [place, index] of entries.toSorted(([a], [b]) => a - b)) {
    const last = runs.at(-1);
    if (last && last.start + last.functions.length === place) last.functions.push(index);
    else runs.push({ start: place, functions: [index] });
  }
  return vector(
    runs.map(({ start, functions }) => Buffer.concat([Buffer.from([0, 0x41]), signedLeb(start), Buffer.from([0x0b]), vector(functions.map((index) => leb(index + first)))])),
  );
}
