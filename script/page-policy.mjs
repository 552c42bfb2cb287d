// Puts the hashes of a page's inline scripts into its Content-Security-Policy, in the place of the word HASHES.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The page is the index.html of a directory. */
export function setPolicy(directory) {
  const file = join(directory, 'index.html');
  const page = readFileSync(file, 'utf8');
  const inline = [...page.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)].filter(([, attributes]) => !/\bsrc=/.test(attributes));
  const hashes = inline.map(([, , text]) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  const policy = /(http-equiv="?Content-Security-Policy"?\s+content="[^"]*\bscript-src [^";]*)\bHASHES\b/;
  if (!policy.test(page)) throw new Error(`${file}: expected a Content-Security-Policy whose script-src has the word HASHES`);
  writeFileSync(file, page.replace(policy, (_, before) => before + hashes.join(' ')));
}
