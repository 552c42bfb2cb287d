// Pixels of a screenshot: a PNG of 8 bits a channel, red, green, blue and perhaps opacity, as browsers write it.

import { inflateSync } from 'node:zlib';

/**
 * Reads a PNG.
 * @param {Buffer} png
 * @returns {{width: number, height: number, at: (x: number, y: number) => number[]}}
 */
export function picture(png) {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [depth, kind, , , interlaced] = png.subarray(24, 29);
  const channels = { 2: 3, 6: 4 }[kind];
  if (depth !== 8 || !channels || interlaced) throw new Error(`a PNG of kind ${kind} and depth ${depth}, expected 2 or 6 and 8`);
  const parts = [];
  for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const pixels = Buffer.alloc(height * stride);
  for (let row = 0; row < height; row += 1) {
    unfilter(pixels, row, stride, channels, raw[row * (stride + 1)], raw.subarray(row * (stride + 1) + 1));
  }
  return { width, height, at: (x, y) => [...pixels.subarray(y * stride + x * channels, y * stride + x * channels + 3)] };
}

/** Undoes a row's filter: https://www.w3.org/TR/png/#9Filters. */
function unfilter(pixels, row, stride, channels, filter, line) {
  const start = row * stride;
  for (let at = 0; at < stride; at += 1) {
    const left = at < channels ? 0 : pixels[start + at - channels];
    const up = row === 0 ? 0 : pixels[start + at - stride];
    const corner = row === 0 || at < channels ? 0 : pixels[start + at - stride - channels];
    const guess = [0, left, up, (left + up) >> 1, filter === 4 ? paeth(left, up, corner) : 0][filter];
    pixels[start + at] = line[at] + guess;
  }
}

function paeth(left, up, corner) {
  const estimate = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(estimate - value));
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
