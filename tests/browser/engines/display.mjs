// A screen for browsers that draw only with one: Xvfb, on a display number of its own.

import { spawn } from 'node:child_process';

/** What a browser needs to draw with Mesa in software. */
export const SOFTWARE = { LIBGL_ALWAYS_SOFTWARE: '1' };

/**
 * Starts a program and waits until what it prints fits.
 * @returns {Promise<{found: RegExpExecArray, stop: () => Promise<void>}>}
 */
export async function start(command, args, stdio, pattern, env = process.env) {
  const child = spawn(command, args, { env, stdio });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    if (child.exitCode === null) child.kill();
    await ended;
  };
  if (!pattern) return { stop };
  const found = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (part) => {
      output += part;
      const found = pattern.exec(output);
      if (found) resolve(found);
    });
    child.once('error', reject);
    ended.then((code) => reject(new Error(`${command} ended with ${code} before it was ready: ${output}`)));
  });
  return { found, stop };
}

/** Starts a screen; `env` is what a program needs that is to be seen on it. */
export async function display() {
  const args = ['-displayfd', '1', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'];
  const { found, stop } = await start('Xvfb', args, ['ignore', 'pipe', 'ignore'], /^(\d+)\n/);
  return { env: { ...process.env, ...SOFTWARE, DISPLAY: `:${found[1]}` }, stop };
}
