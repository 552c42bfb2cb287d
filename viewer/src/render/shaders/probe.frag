// The digital numbers that are on the screen, at a coarse raster of places, in two bytes.
uniform vec2 stride; // device pixels between places
out vec4 bytes;

void main() {
  Place place = placeAt(gl_FragCoord.xy * stride);
  uint number = 0u;
  if (place.inside > 0.0 && place.cell.y >= 0 && place.cell.y < gridSize.y) {
    int factor;
    number = numberAt(place.cell, factor);
  }
  bytes = vec4(float(number >> 8), float(number & 255u), 0.0, 255.0) / 255.0;
}
