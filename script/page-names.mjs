// Tells the page's first script under which names the builder has put the page's module and its script, which are named after
// what they hold.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The page is the index.html of a directory, with the files that it names beside it. */
export function setNames(directory) {
  const file = join(directory, 'index.html');
  const files = readdirSync(directory);
  const page = ['.js', '_bg.wasm'].reduce((page, end) => {
    const found = files.filter((name) => /^floe-viewer(?:-[0-9a-f]+)?(?:_bg)?\.\w+$/.test(name) && name.endsWith(end));
    if (found.length !== 1) throw new Error(`${directory}: expected one file floe-viewer*${end}, found ${found.length}`);
    const plain = `"floe-viewer${end}"`;
    if (page.split(plain).length !== 2) throw new Error(`${file}: expected ${plain} once`);
    return page.replace(plain, `"${found[0]}"`);
  }, readFileSync(file, 'utf8'));
  writeFileSync(file, page);
}
