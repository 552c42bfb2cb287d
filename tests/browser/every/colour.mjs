// The colours that stored numbers must have on the screen.

import assert from 'node:assert/strict';

import { storedValues } from '../harness.mjs';

export const values = storedValues();
export const year = values.years.at(-1);
/** Kelvin at the ends of the palette. */
const range = { min: 230, max: 320 };
/** A view in which a pixel's colour is its number: black to white, nothing over it. */
export const style = `year=${year}&cmap=greys&min=${range.min}&max=${range.max}&opacity=100&smooth=0&grid=0&base=plain&status=0`;

/** The colour of a number. */
export function grey(number) {
  const share = (number * 0.02 - range.min) / (range.max - range.min);
  const level = Math.min(255, Math.max(0, Math.floor(share * 256)));
  return [level, level, level];
}

const close = (a, b) => a.every((channel, index) => Math.abs(channel - b[index]) <= 3);

/** Asserts the colour around a point of the screen; lines and names of the base map may cross it. */
export async function assertColour(page, [x, y], colour, message) {
  const around = [[0, 0], [3, 0], [-3, 0], [0, 3], [0, -3]].map(([dx, dy]) => [x + dx, y + dy]);
  const seen = await page.colours(around);
  assert.ok(seen.filter((found) => close(found, colour)).length >= 3, `${message}: expected ${colour}, found ${JSON.stringify(seen)}`);
}
