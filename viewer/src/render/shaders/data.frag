// Where there may be data; `interpolated`, `logarithmic` and `holdsFloats` are constants of the variant. In the flat projections each entry of
// the page table is a rectangle that brings its page along.
uniform sampler2D palette;
uniform vec2 range; // numbers, or logarithms of values
uniform vec2 physical; // scale and offset from numbers to values, where `logarithmic`
uniform float opacity;

flat in vec4 extra; // the page

// The number of a code that is not that of no data.
float numberOf(uint code) {
  return holdsFloats ? uintBitsToFloat(code) : float(code);
}

vec3 colourOf(float number) {
  // What has no logarithm lies below all that have one.
  if (logarithmic) number = log(max(number * physical.x + physical.y, 1e-37));
  float share = (number - range.x) / (range.y - range.x);
  return texelFetch(palette, ivec2(int(clamp(share * 256.0, 0.0, 255.0)), 0), 0).rgb;
}

// The number between the centres of the pixels around, of those that have one. `code` is that of the
// cell itself, on a page.
float between(ivec2 cell, vec2 fraction, uint code, ivec4 page) {
  vec2 factor, inPixel;
  if (nested) {
    factor = vec2(page.w);
    inPixel = (vec2(cell - quotient(cell, page.ww) * page.w) + fraction) / factor;
  } else {
    int level = page.w & 15;
    factor = abs(levelPlaces[level].zw);
    inPixel = fract((vec2(cell) - levelPlaces[level].xy + fraction) / factor);
  }
  vec2 towards = vec2(inPixel.x < 0.5 ? -factor.x : factor.x, inPixel.y < 0.5 ? -factor.y : factor.y);
  vec2 share = abs(inPixel - 0.5);
  float sum = 0.0, weights = 0.0;
  for (int i = 0; i < 4; i++) {
    ivec2 other = ivec2(i & 1, i >> 1);
    float weight = (other.x == 1 ? share.x : 1.0 - share.x) * (other.y == 1 ? share.y : 1.0 - share.y);
    uint found = code;
    if (i > 0) {
      vec2 step = vec2(other) * towards, within = fraction;
      if (!nested) {
        within += step;
        step = floor(within);
        within -= step;
      }
      ivec2 at = cell + ivec2(step);
      at.x = goesAround() ? wrapped(at.x, turn) : clamp(at.x, 0, gridSize.x - 1);
      ivec4 otherPage;
      found = codeAt(ivec2(at.x, clamp(at.y, 0, gridSize.y - 1)), within, otherPage);
    }
    if (!isMissing(found)) {
      sum += weight * numberOf(found);
      weights += weight;
    }
  }
  return sum / weights;
}

void main() {
  Place place = placeAt(gl_FragCoord.xy);
  ivec4 page = ivec4(extra);
  uint code;
  if (projection == 1) {
    code = isOnGrid(place) ? codeAt(place.cell, place.fraction, page) : missing;
  } else {
    code = codeOn(page, place.cell, place.fraction);
  }
  bool lacks = isMissing(code);
  // Whatever a NaN makes of a colour would be seen even where nothing of it is to be.
  float value = numberOf(lacks ? 0u : code);
  if (interpolated && !lacks) value = between(place.cell, place.fraction, code, page);
  show(colourOf(value), lacks ? 0.0 : opacity * shown(place));
}
