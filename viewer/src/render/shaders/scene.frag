// Everything but lines and labels: space, sea and land, raster tiles, data, tile status, graticule.
// What the view does not show is left out of the variant: `showsTiles`, `showsData`, `interpolated`,
// `showsStatus` and `showsGraticule` are constants.
uniform vec3 spaceColour;
uniform vec3 seaColour;
uniform vec3 landColour;
uniform vec3 haloColour;
uniform float pixelRatio;

uniform sampler2D land; // coverage of land, 180° W to E, north to south
uniform vec2 landCentre; // the view's centre in it, 0 to 1
uniform float landTexels; // texels per device pixel

uniform sampler2DArray tiles;
uniform usampler2D tilePages; // layer + 1, levels above, for a window of tiles
uniform int tileSpan; // tiles around the globe
uniform ivec2 tileCentre; // the tile that holds the centre
uniform vec2 tileFraction; // the centre's place in it
uniform ivec2 tileOrigin; // the window's north-western tile
uniform ivec2 tileWindow; // its columns and rows

uniform sampler2D palette;
uniform vec2 range; // digital numbers
uniform float opacity;

uniform usampler2D statusClasses;
uniform ivec2 statusSize; // columns, rows
uniform vec4 statusColours[8];
uniform ivec2 statusHovered;
uniform ivec2 statusSelected;
uniform vec3 statusMark;

uniform vec4 graticuleColour;
uniform float graticuleStep; // radians
uniform vec2 graticuleCentre; // the view's centre in steps

out vec4 colour;

// How much of a line's pixel it covers, at a distance in device pixels from its middle.
float covered(float distance, float width) {
  return clamp(width * 0.5 + 0.5 - distance, 0.0, 1.0);
}

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

vec4 tileColour(vec2 angle, vec2 fragment) {
  float north; // in Mercator's radians
  if (projection == 0) {
    north = (fragment.y - centre.y) * radiansPerPixel;
  } else {
    float s = sinCos.x, c = sinCos.y, h = angle.y * 0.5;
    float difference = 2.0 * (c * cos(h) - s * sin(h)) * sin(h);
    float r = clamp(difference / (1.0 - s * (s + difference)), -0.9999999, 0.9999999);
    north = abs(r) < 0.05 ? r * (1.0 + r * r / 3.0) : 0.5 * log((1.0 + r) / (1.0 - r));
  }
  vec2 at = tileFraction + vec2(angle.x, -north) * (float(tileSpan) / (2.0 * PI));
  vec2 whole = floor(at);
  ivec2 tile = tileCentre + ivec2(whole);
  if (tile.y < 0 || tile.y >= tileSpan) return vec4(0.0);
  tile.x = wrapped(tile.x, tileSpan);
  ivec2 slot = ivec2(wrapped(tile.x - tileOrigin.x, tileSpan), tile.y - tileOrigin.y);
  if (slot.x >= tileWindow.x || slot.y < 0 || slot.y >= tileWindow.y) return vec4(0.0);
  uvec4 page = texelFetch(tilePages, slot, 0);
  if (page.x == 0u) return vec4(0.0);
  int share = 1 << int(page.y);
  vec2 within = (vec2(tile - tile / share * share) + at - whole) / float(share);
  return vec4(textureLod(tiles, vec3(within, float(page.x - 1u)), 0.0).rgb, 1.0);
}

void main() {
  float inside;
  vec2 angle = angles(gl_FragCoord.xy, inside);
  // How fast the angles change per pixel; where the longitude jumps by a turn, by the other branch.
  float turned = angle.x < 0.0 ? angle.x + 2.0 * PI : angle.x;
  vec2 pace = vec2(
    min(length(vec2(dFdx(angle.x), dFdy(angle.x))), length(vec2(dFdx(turned), dFdy(turned)))),
    length(vec2(dFdx(angle.y), dFdy(angle.y))));
  pace = max(pace, vec2(1e-12));

  vec3 space = spaceColour;
  if (projection == 1) {
    float height = max(-inside, 0.0) * radiansPerPixel;
    space += haloColour * exp(-height * 18.0);
  }
  vec2 fraction;
  ivec2 cell = cellAt(angle, fraction);
  if (inside < -0.5 || cell.y < 0 || cell.y >= gridSize.y) {
    colour = vec4(space, 1.0);
    return;
  }

  vec2 spot = vec2(fract(landCentre.x + angle.x / (2.0 * PI)), landCentre.y - angle.y / PI);
  float coverage = textureLod(land, spot, max(log2(landTexels), 0.0)).r;
  // Magnified, the edge is where the coverage passes one half, one device pixel soft.
  float soft = clamp(landTexels * 0.5, 0.01, 0.5);
  coverage = clamp((coverage - 0.5) / (2.0 * soft) + 0.5, 0.0, 1.0);
  vec3 ground = mix(seaColour, landColour, coverage);
  if (showsTiles) {
    vec4 tile = tileColour(angle, gl_FragCoord.xy);
    ground = mix(ground, tile.rgb, tile.a);
  }

  if (showsData) {
    int factor;
    uint number = numberAt(cell, factor);
    if (number != 0u) {
      float value = float(number);
      if (interpolated) value = between(cell, fraction, number, factor);
      ground = mix(ground, colourOf(value), opacity);
    }
  }

  if (showsStatus) {
    ivec2 share = gridSize / statusSize;
    ivec2 tile = min(cell / share, statusSize - 1);
    uint kind = texelFetch(statusClasses, tile, 0).r;
    vec4 fill = statusColours[int(min(kind, 7u))];
    vec2 within = (vec2(cell - tile * share) + fraction) / vec2(share);
    vec2 edges = min(within, 1.0 - within) * vec2(share) / cellsPerRadian / pace;
    float edge = min(edges.x, edges.y);
    ground = mix(ground, fill.rgb, fill.a);
    // Lines fade where tiles are only a few pixels wide.
    vec2 extent = vec2(share) / cellsPerRadian / pace;
    float room = clamp(min(extent.x, extent.y) / 12.0, 0.0, 1.0);
    if (fill.a > 0.0) ground = mix(ground, fill.rgb, 0.75 * room * covered(edge, pixelRatio));
    if (tile == statusHovered) ground = mix(ground, statusMark, covered(edge, 3.0 * pixelRatio));
    if (tile == statusSelected) ground = mix(ground, statusMark, covered(edge, 5.0 * pixelRatio));
  }

  if (showsGraticule) {
    vec2 at = graticuleCentre + angle / graticuleStep;
    vec2 away = abs(at - floor(at + 0.5)) * graticuleStep / pace;
    // Meridians fade where they run together at a pole.
    float crowd = clamp(graticuleStep / pace.x / 8.0 - 0.5, 0.0, 1.0);
    float line = max(covered(away.x, pixelRatio) * crowd, covered(away.y, pixelRatio));
    ground = mix(ground, graticuleColour.rgb, graticuleColour.a * line);
  }
  colour = vec4(mix(space, ground, clamp(inside + 0.5, 0.0, 1.0)), 1.0);
}
