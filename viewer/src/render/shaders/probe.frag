// The codes that are on the screen, at a coarse raster of places, in four bytes.
uniform vec2 stride; // device pixels between places
out vec4 bytes;

void main() {
  Place place = placeAt(gl_FragCoord.xy * stride);
  uint code = missing;
  if (place.inside > 0.0 && isOnGrid(place)) {
    ivec4 page;
    code = codeAt(place.cell, place.fraction, page);
  }
  bytes = vec4((uvec4(code) >> uvec4(24u, 16u, 8u, 0u)) & 255u) / 255.0;
}
