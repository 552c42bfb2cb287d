// Tells the page's first script under which names its module, the script of that and the page's part of it lie: they are named after what
// they hold.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The page is the index.html of a directory, with the files that it names beside it. */
export function setNames(directory) {
  const file = join(directory, 'index.html');
  const files = readdirSync(directory);
  const page = ['.js', '_bg.wasm', '_page.wasm'].reduce((page, end) => {
    const found = files.filter((name) => /^floe-viewer(?:-[0-9a-f]+)?(?:_\w+)?\.\w+$/.test(name) && name.endsWith(end));
    // Only a module that was made smaller has been taken apart.
    const isThere = found.length === 1 || (found.length === 0 && end === '_page.wasm');
    if (!isThere) throw new Error(`${directory}: expected one file floe-viewer*${end}, found ${found.length}`);
    const plain = `"floe-viewer${end}"`;
    if (page.split(plain).length !== 2) throw new Error(`${file}: expected ${plain} once`);
    return page.replace(plain, JSON.stringify(found[0] ?? null));
  }, readFileSync(file, 'utf8'));
  writeFileSync(file, page);
}
