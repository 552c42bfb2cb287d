// Where there may be data; `interpolated` is a constant of the variant. In the flat projections each entry of
// the page table is a rectangle that brings its page along.
uniform sampler2D palette;
uniform vec2 range; // digital numbers
uniform float opacity;

flat in vec4 extra; // the page

vec3 colourOf(float number) {
  float share = (number - range.x) / max(range.y - range.x, 1.0);
  return texelFetch(palette, ivec2(int(clamp(share * 256.0, 0.0, 255.0)), 0), 0).rgb;
}

// The number between the centres of the pixels around, of those that have one. `number` is that of the
// cell itself, whose pixel is `factor` cells long.
float between(ivec2 cell, vec2 fraction, uint number, int factor) {
  vec2 inPixel = (vec2(cell - quotient(cell, ivec2(factor)) * factor) + fraction) / float(factor);
  ivec2 towards = ivec2(inPixel.x < 0.5 ? -factor : factor, inPixel.y < 0.5 ? -factor : factor);
  vec2 share = abs(inPixel - 0.5);
  float sum = 0.0, weights = 0.0;
  for (int i = 0; i < 4; i++) {
    ivec2 other = ivec2(i & 1, i >> 1);
    float weight = (other.x == 1 ? share.x : 1.0 - share.x) * (other.y == 1 ? share.y : 1.0 - share.y);
    uint value = number;
    if (i > 0) {
      ivec2 at = cell + other * towards;
      int otherFactor;
      value = numberAt(ivec2(wrapped(at.x, gridSize.x), clamp(at.y, 0, gridSize.y - 1)), otherFactor);
    }
    if (value != 0u) {
      sum += weight * float(value);
      weights += weight;
    }
  }
  return sum / weights;
}

void main() {
  Place place = placeAt(gl_FragCoord.xy);
  int factor = int(extra.w);
  uint number;
  if (projection == 1) {
    number = isOnGround(place) ? numberAt(place.cell, factor) : 0u;
  } else {
    number = numberOn(ivec4(extra), place.cell);
  }
  float value = float(number);
  if (interpolated && number != 0u) value = between(place.cell, place.fraction, number, factor);
  show(colourOf(value), number == 0u ? 0.0 : opacity * shown(place));
}
