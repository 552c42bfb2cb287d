// Reads the sections of a WebAssembly module and puts them together again:
// <https://webassembly.github.io/spec/core/binary/>.

/** Kinds of sections. */
export const [CUSTOM, TYPES, IMPORTS, FUNCTIONS, TABLES, MEMORIES, GLOBALS, EXPORTS] = Array(8).keys();
export const [ELEMENTS, CODE, DATA] = [9, 10, 11];

/** Reads a module's LEB128 numbers, names and sections. */
export class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  /** A number with a sign, of 32 bits. */
  signed() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return shift < 25 && byte & 64 ? value | (-1 << (shift + 7)) : value;
    }
  }

  take(length) {
    return this.bytes.subarray(this.at, (this.at += length));
  }

  name() {
    return this.take(this.number()).toString();
  }

  get isAtEnd() {
    return this.at >= this.bytes.length;
  }

  /** Passes the limits of a table or memory. */
  limits() {
    const hasMaximum = this.bytes[this.at++] & 1;
    this.number();
    if (hasMaximum) this.number();
  }
}

export const leb = (value) => {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return Buffer.from(bytes);
};

/** A number of 31 bits as one with a sign. */
export const signedLeb = (value) => {
  const bytes = [...leb(value)];
  if (bytes.at(-1) & 64) bytes.push(bytes.pop() | 128, 0);
  return Buffer.from(bytes);
};

export const name = (text) => Buffer.concat([leb(Buffer.byteLength(text)), Buffer.from(text)]);

export const vector = (items) => Buffer.concat([leb(items.length), ...items]);

/** The sections of a module: [id, content]. */
export function sections(module) {
  const reader = new Reader(module, 8);
  const found = [];
  while (reader.at < module.length) {
    const id = module[reader.at++];
    found.push([id, reader.take(reader.number())]);
  }
  return found;
}

/** The module with other sections. */
export function joined(module, parts) {
  return Buffer.concat([module.subarray(0, 8), ...parts.flatMap(([id, content]) => [Buffer.from([id]), leb(content.length), content])]);
}

/** The imports of a module: {from, name, kind, rest}, the rest as it stands. */
export function imports(content) {
  const reader = new Reader(content);
  return Array.from({ length: reader.number() }, () => {
    const [from, what] = [reader.name(), reader.name()];
    const begin = reader.at;
    const kind = content[reader.at++];
    if (kind === 0) reader.number();
    else if (kind === 1) (reader.at++, reader.limits());
    else if (kind === 2) reader.limits();
    else if (kind === 3) reader.at += 2;
    else throw new Error(`expected an import of kind 0 to 3, found ${kind} (${what})`);
    return { from, name: what, kind, rest: content.subarray(begin, reader.at) };
  });
}

/** The exports of a module: {name, rest}. */
export function exports(content) {
  const reader = new Reader(content);
  return Array.from({ length: reader.number() }, () => {
    const what = reader.name();
    const begin = reader.at++;
    reader.number();
    return { name: what, rest: content.subarray(begin, reader.at) };
  });
}

/** The bodies of a module's own functions, each its locals and instructions. */
export function bodies(module) {
  const reader = new Reader(section(module, CODE));
  return Array.from({ length: reader.number() }, () => reader.take(reader.number()));
}

/** How many functions a module imports: its own are numbered after these. */
export function importedFunctions(module) {
  return imports(section(module, IMPORTS)).filter(({ kind }) => kind === 0).length;
}

/** The names of a module's own functions, in the order of their bodies; `undefined` where there is none. */
export function functionNames(module) {
  const found = [];
  const first = importedFunctions(module);
  for (const [, content] of sections(module).filter(holdsNames)) {
    const reader = new Reader(content);
    reader.name();
    while (!reader.isAtEnd) {
      const kind = content[reader.at++];
      const part = new Reader(reader.take(reader.number()));
      if (kind !== 1) continue;
      for (let left = part.number(); left > 0; left--) {
        const index = part.number();
        found[index - first] = part.name();
      }
    }
  }
  return found;
}

const holdsNames = ([id, content]) => id === CUSTOM && new Reader(content).name() === 'name';

/** Whether a module has the names of its functions. */
export function hasNames(module) {
  return sections(module).some(holdsNames);
}

/** The sections of a module but for that of names. */
export function withoutNames(module) {
  return sections(module).filter((one) => !holdsNames(one));
}

function section(module, wanted) {
  const found = sections(module).find(([id]) => id === wanted);
  if (!found) throw new Error(`expected a section ${wanted} in a module, found none`);
  return found[1];
}
