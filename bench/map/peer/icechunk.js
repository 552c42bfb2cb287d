// A read-only Icechunk store for zarrita: as little as the peer needs, written to its advantage.
//
// Opening takes two requests (`repo`, then the snapshot at the tip of `main`), which hold all Zarr
// metadata; then one request a manifest and one a chunk. Requests under way are shared. The files are
// flatbuffers behind a header of 39 bytes: https://icechunk.io/en/latest/reference/spec/

import { decompress } from 'fzstd';

const HEADER = 39;
const COMPRESSION = 38;
const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A table of a flatbuffer; fields go by their number in the schema. */
class Table {
  constructor(view, at) {
    this.view = view;
    this.at = at;
    this.fields = at - view.getInt32(at, true);
  }

  static root(view) {
    return new Table(view, view.getUint32(0, true));
  }

  /** Where a field's value lies; 0 where it is absent. */
  place(field) {
    const slot = 4 + 2 * field;
    if (slot >= this.view.getUint16(this.fields, true)) return 0;
    const offset = this.view.getUint16(this.fields + slot, true);
    return offset === 0 ? 0 : this.at + offset;
  }

  uint32(field) {
    const place = this.place(field);
    return place === 0 ? 0 : this.view.getUint32(place, true);
  }

  uint64(field) {
    const place = this.place(field);
    return place === 0 ? 0 : Number(this.view.getBigUint64(place, true));
  }

  /** A struct of `length` bytes, which lies in the table itself. */
  struct(field, length) {
    const place = this.place(field);
    return place === 0 ? undefined : new Uint8Array(this.view.buffer, this.view.byteOffset + place, length);
  }

  table(field) {
    const place = this.place(field);
    return place === 0 ? undefined : new Table(this.view, place + this.view.getUint32(place, true));
  }

  /** First byte and number of elements of a vector. */
  vector(field) {
    const place = this.place(field);
    if (place === 0) return { first: 0, length: 0 };
    const vector = place + this.view.getUint32(place, true);
    return { first: vector + 4, length: this.view.getUint32(vector, true) };
  }

  bytes(field) {
    if (this.place(field) === 0) return undefined;
    const { first, length } = this.vector(field);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + first, length);
  }

  string(field) {
    return new TextDecoder().decode(this.bytes(field));
  }

  uint32s(field) {
    const { first, length } = this.vector(field);
    return Array.from({ length }, (_, index) => this.view.getUint32(first + 4 * index, true));
  }

  tables(field) {
    const { first, length } = this.vector(field);
    return Array.from({ length }, (_, index) => {
      const slot = first + 4 * index;
      return new Table(this.view, slot + this.view.getUint32(slot, true));
    });
  }
}

/** The text form of an id: Crockford's base 32, most significant bits first. */
function base32(bytes) {
  let text = '';
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32[(pending >> (bits - 5)) & 31];
    pending &= (1 << bits) - 1;
  }
  return bits > 0 ? text + BASE32[(pending << (5 - bits)) & 31] : text;
}

/** The root table of a metadata object. */
function open(object) {
  const body = object.subarray(HEADER);
  const plain = object[COMPRESSION] === 0 ? body : decompress(body);
  return Table.root(new DataView(plain.buffer, plain.byteOffset, plain.byteLength));
}

export class IcechunkStore {
  #url;
  #nodes;
  #manifests = new Map();

  /** Requests that have not been answered. */
  pending = 0;

  constructor(url, nodes) {
    this.#url = url;
    this.#nodes = nodes;
  }

  /** Opens the tip of the branch `main`. */
  static async open(url) {
    const store = new IcechunkStore(url, new Map());
    const repository = open(await store.#fetch('repo'));
    const branch = repository.tables(2).find((reference) => reference.string(0) === 'main');
    const tip = repository.tables(4)[branch.uint32(1)];
    const snapshot = open(await store.#fetch(`snapshots/${base32(tip.struct(0, 12))}`));
    for (const node of snapshot.tables(2)) {
      const data = node.table(4);
      store.#nodes.set(node.string(1), {
        id: base32(node.struct(0, 8)),
        metadata: node.bytes(2),
        manifests: data.tables(2).map((manifest) => base32(manifest.struct(0, 12))),
      });
    }
    return store;
  }

  /** What zarrita asks: `/1/variable/zarr.json` or `/1/variable/c/0/3/4`. */
  async get(key, options) {
    const metadata = /^(.*)\/zarr\.json$/.exec(key);
    if (metadata) return this.#nodes.get(metadata[1] || '/')?.metadata;
    const chunk = /^(.*)\/c\/?([\d/]*)$/.exec(key);
    const node = chunk && this.#nodes.get(chunk[1]);
    if (!node) return undefined;
    for (const id of node.manifests) {
      const found = (await this.#manifest(id)).get(node.id)?.get(chunk[2]);
      if (found instanceof Uint8Array) return found;
      if (found) return this.#fetch(`chunks/${found}`, options?.signal);
    }
    return undefined;
  }

  #manifest(id) {
    let manifest = this.#manifests.get(id);
    if (!manifest) {
      manifest = this.#fetch(`manifests/${id}`).then(IcechunkStore.#references);
      this.#manifests.set(id, manifest);
    }
    return manifest;
  }

  /** Of each array the places of its chunks: inline bytes, or the id of an object of their own. */
  static #references(object) {
    return new Map(
      open(object)
        .tables(1)
        .map((array) => [
          base32(array.struct(0, 8)),
          new Map(
            array.tables(1).map((reference) => {
              const id = reference.struct(4, 12);
              return [reference.uint32s(0).join('/'), id ? base32(id) : reference.bytes(1)];
            }),
          ),
        ]),
    );
  }

  async #fetch(path, signal) {
    this.pending += 1;
    try {
      const response = await fetch(`${this.#url}/${path}`, { signal });
      if (!response.ok) throw new Error(`${path}: expected its bytes, found status ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    } finally {
      this.pending -= 1;
    }
  }
}
