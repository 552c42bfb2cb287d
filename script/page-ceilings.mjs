// Says how many bytes a built page may take, and fails where it takes more:
//
//     node script/page-ceilings.mjs DIST
//
// page-ceilings.json has a ceiling for each file that a visitor downloads before the map is on the screen, in bytes after
// `gzip -9`, as a static host sends them. It holds for the page of the default profile: without link-time optimisation
// (CARGO_PROFILE_PAGE_LTO=off, for quick builds) nothing is said of it.

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const dist = process.argv[2];
if (!dist) throw new Error('expected the directory of a built page');
if (process.env.CARGO_PROFILE_PAGE_LTO === 'off') {
  console.error('page-ceilings: built without link-time optimisation (CARGO_PROFILE_PAGE_LTO=off): the ceilings do not apply');
  process.exit();
}

const { ceilings } = JSON.parse(readFileSync(new URL('page-ceilings.json', import.meta.url), 'utf8'));
const withoutHash = (file) => file.replace(/-[0-9a-f]{16}(?=(?:_bg|_page)?\.\w+$)/, '');
const isCode = (file) => /\.(?:wasm|js|css|html)$/.test(file);
const found = new Map(readdirSync(dist).filter(isCode).map((file) => [withoutHash(file), file]));
const problems = [];
for (const [name, file] of found) {
  // The program that script/page counts with: Node's own gzip gives 1 % more.
  const bytes = execFileSync('gzip', ['-9', '-c', join(dist, file)], { maxBuffer: 1 << 26 }).length;
  const ceiling = ceilings[name];
  if (ceiling === undefined) problems.push(`${name}: expected a ceiling in script/page-ceilings.json, found none (it takes ${bytes} bytes with gzip)`);
  else if (bytes > ceiling) problems.push(`${name}: expected at most ${ceiling} bytes with gzip, found ${bytes}`);
}
for (const name of Object.keys(ceilings)) {
  if (!found.has(name)) problems.push(`${name}: script/page-ceilings.json has a ceiling for it, but the page has no such file`);
}
for (const problem of problems) console.error(`page-ceilings: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
