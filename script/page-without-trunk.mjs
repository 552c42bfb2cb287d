// Builds the page that index.html describes, as `trunk build --release` would: for machines on
// which Trunk is not installed. Understands the part of Trunk's link attributes that index.html may
// use and refuses the rest, so that both ways give the same page.
//
//     node script/page-without-trunk.mjs --dist DIR
//
// Expects cargo, wasm-bindgen and wasm-opt on PATH (script/page sees to that).

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const target = 'wasm32-unknown-unknown';

/** Attributes each kind of link may carry beside `data-trunk`, `rel` and `href`. */
const known = {
  rust: [
    'data-bin', 'data-type', 'data-bindgen-target', 'data-loader-shim', 'data-integrity', 'data-wasm-no-import',
    'data-wasm-opt', 'data-wasm-opt-params', 'data-cargo-profile', 'data-cargo-profile-release',
    'data-cargo-profile-dev', 'data-cargo-features', 'data-cargo-no-default-features',
  ],
  css: ['data-integrity', 'media'],
  'copy-file': ['data-target-path'],
  'copy-dir': ['data-target-path'],
};

function run(command, args) {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
}

function output(command, args) {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
}

/** `<link a="1" b>` to a Map of its attributes; one without a value maps to the empty string. */
function attributes(tag) {
  const inner = tag.replace(/^<\w+/, '').replace(/\/?>$/, '');
  const found = new Map();
  for (const [, name, double, single, bare] of inner.matchAll(/([^\s=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s]+)))?/g)) {
    found.set(name, double ?? single ?? bare ?? '');
  }
  return found;
}

/** Names a file after its content, so that browsers may keep it for ever. */
function hashed(directory, name) {
  const hash = createHash('sha256').update(readFileSync(join(directory, name))).digest('hex').slice(0, 16);
  const [, stem, tail] = name.match(/^(.*?)((?:_bg)?\.\w+)$/);
  const renamed = `${stem}-${hash}${tail}`;
  renameSync(join(directory, name), join(directory, renamed));
  return renamed;
}

/** cargo, wasm-bindgen and wasm-opt for one binary; returns what replaces the link. */
function buildRust(link, dist, targetDirectory) {
  const manifest = link.get('href');
  const name = link.get('data-bin');
  if (!name) throw new Error(`index.html: the link to ${manifest} names no data-bin`);
  const worker = link.get('data-type') === 'worker';
  if (worker && link.get('data-bindgen-target') !== 'web') {
    throw new Error(`index.html: worker ${name} is a module: data-bindgen-target="web" is expected`);
  }

  const profile = link.get('data-cargo-profile-release') ?? link.get('data-cargo-profile') ?? 'release';
  const cargo = ['build', '--locked', '--target', target, '--profile', profile, '--manifest-path', manifest, '--bin', name];
  if (link.has('data-cargo-no-default-features')) cargo.push('--no-default-features');
  if (link.has('data-cargo-features')) cargo.push('--features', link.get('data-cargo-features'));
  run(join(root, 'script/wasm-env'), ['cargo', ...cargo]);

  const module = join(targetDirectory, target, profile, `${name}.wasm`);
  run('wasm-bindgen', ['--target', 'web', '--no-typescript', '--out-dir', dist, '--out-name', name, module]);

  const level = link.get('data-wasm-opt');
  if (level === undefined) throw new Error(`index.html: the link of ${name} has no data-wasm-opt`);
  if (level !== '0') {
    const wasm = join(dist, `${name}_bg.wasm`);
    const parameters = (link.get('data-wasm-opt-params') ?? '').split(/\s+/).filter(Boolean);
    run('wasm-opt', [`-O${level}`, ...parameters, '-o', `${wasm}.optimised`, wasm]);
    renameSync(`${wasm}.optimised`, wasm);
  }

  if (worker) {
    // The app starts workers by name, so their files are not hashed.
    if (link.has('data-loader-shim')) {
      writeFileSync(join(dist, `${name}_loader.js`), `import init from './${name}.js';await init();`);
    }
    return '';
  }
  const wasm = hashed(dist, `${name}_bg.wasm`);
  const script = hashed(dist, `${name}.js`);
  const names = { base: './', js: script, wasm };
  const fill = (text) => text.replaceAll(/\{(base|js|wasm)\}/g, (_, name) => names[name]);
  return ['preload', 'script'].map((kind) => fill(pattern(kind))).join('\n');
}

/** A pattern of Trunk.toml by which the page's module is loaded. */
function pattern(kind) {
  const toml = readFileSync(join(root, 'Trunk.toml'), 'utf8');
  const found = toml.match(new RegExp(`^pattern_${kind} = '''(.*?)'''$`, 'ms'));
  if (!found) throw new Error(`Trunk.toml: expected pattern_${kind} = '''...''', found none`);
  return found[1];
}

/** Copies a file or directory into the page and returns its name there. */
function copy(link, dist) {
  const directory = join(dist, link.get('data-target-path') ?? '');
  mkdirSync(directory, { recursive: true });
  const name = basename(link.get('href'));
  cpSync(join(root, link.get('href')), join(directory, name), { recursive: true });
  return name;
}

function replacement(link, dist, targetDirectory) {
  const rel = link.get('rel');
  const allowed = known[rel];
  if (!allowed) throw new Error(`index.html: data-trunk rel="${rel}" is not supported, only ${Object.keys(known).join(', ')}`);
  for (const name of link.keys()) {
    if (!['data-trunk', 'rel', 'href', ...allowed].includes(name)) {
      throw new Error(`index.html: ${name} is not supported on data-trunk rel="${rel}"`);
    }
  }
  const media = link.has('media') ? ` media="${link.get('media')}"` : '';
  switch (rel) {
    case 'rust':
      return buildRust(link, dist, targetDirectory);
    case 'css':
      return `<link rel="stylesheet" href="./${hashed(dist, copy(link, dist))}"${media}>`;
    default:
      copy(link, dist);
      return '';
  }
}

const { values } = parseArgs({ options: { dist: { type: 'string' } } });
if (!values.dist) throw new Error('expected: --dist DIR');

// Built beside the old page and swapped in whole, so that a failed build leaves the old one.
const staging = `${resolve(values.dist)}.staging`;
rmSync(staging, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });

const { target_directory: targetDirectory } = JSON.parse(
  output('cargo', ['metadata', '--no-deps', '--format-version', '1']),
);
const html = readFileSync(join(root, 'index.html'), 'utf8').replace(
  // Comments are matched first, so that a link in one stays what it is.
  /<!--[\s\S]*?-->|<(?:link|script)\b[^>]*>/g,
  (tag) => {
    if (tag.startsWith('<!--')) return tag;
    const link = attributes(tag);
    if (!link.has('data-trunk')) return tag;
    if (tag.startsWith('<script')) throw new Error('index.html: <script data-trunk> is not supported');
    return replacement(link, staging, targetDirectory);
  },
);
writeFileSync(join(staging, 'index.html'), html);
run('node', ['script/page-finish.mjs', staging]);

const dist = resolve(values.dist);
mkdirSync(dist, { recursive: true });
for (const entry of readdirSync(dist)) rmSync(join(dist, entry), { recursive: true });
for (const entry of readdirSync(staging)) renameSync(join(staging, entry), join(dist, entry));
rmSync(staging, { recursive: true });
