// The digital numbers that are on the screen, at a coarse raster of places, in two bytes.
uniform vec2 stride; // device pixels between places
out vec4 bytes;

void main() {
  float inside;
  vec2 angle = angles(gl_FragCoord.xy * stride, inside);
  vec2 fraction;
  ivec2 cell = cellAt(angle, fraction);
  uint number = 0u;
  if (inside > 0.0 && cell.y >= 0 && cell.y < gridSize.y) {
    int factor;
    number = numberAt(cell, factor);
  }
  bytes = vec4(float(number >> 8), float(number & 255u), 0.0, 255.0) / 255.0;
}
