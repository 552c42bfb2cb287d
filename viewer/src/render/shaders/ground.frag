// What lies beneath the data: space, sea and land, raster tiles if the variant `showsTiles`.
uniform vec3 spaceColour;
uniform vec3 seaColour;
uniform vec3 landColour;
uniform vec3 haloColour;

uniform sampler2D land; // coverage of land, 180° W to E, north to south
uniform float landLevel; // of its smaller copies
uniform float landSoftness; // half the width of the edge, as a share of its coverage

uniform sampler2DArray tiles;
uniform usampler2D tilePages; // layer + 1, levels above, for a window of tiles
uniform int tileSpan; // tiles around the globe
uniform ivec2 tileCentre; // the tile that holds the centre
uniform vec2 tileFraction; // the centre's place in it
uniform ivec2 tileOrigin; // the window's north-western tile
uniform ivec2 tileWindow; // its columns and rows

out vec4 colour;

vec4 tileColour(vec2 angle, vec2 fragment) {
  float north; // in Mercator's radians
  if (projection == 0) {
    north = (fragment.y - centre.y) * radiansPerPixel;
  } else {
    north = northing(angle.y, sinCos);
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
  Place place = placeAt(gl_FragCoord.xy);
  vec3 space = spaceColour;
  if (projection == 1) {
    float height = max(-place.inside, 0.0) * radiansPerPixel;
    space += haloColour * exp(-height * 18.0);
  }
  if (!isOnGround(place)) {
    colour = vec4(space, 1.0);
    return;
  }
  float coverage = textureLod(land, place.share, landLevel).r;
  // The edge is where the coverage passes one half.
  coverage = clamp((coverage - 0.5) / (2.0 * landSoftness) + 0.5, 0.0, 1.0);
  vec3 ground = mix(seaColour, landColour, coverage);
  if (showsTiles) {
    vec4 tile = tileColour(place.angle, gl_FragCoord.xy);
    ground = mix(ground, tile.rgb, tile.a);
  }
  colour = vec4(mix(space, ground, shown(place)), 1.0);
}
