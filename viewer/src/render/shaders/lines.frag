// The soft edge of a line, colours multiplied by their opacity.
uniform vec4 lineColour;
uniform float width;
in float across;
out vec4 colour;

void main() {
  float coverage = clamp(width * 0.5 + 0.5 - abs(across), 0.0, 1.0) * min(width, 1.0);
  colour = vec4(lineColour.rgb, 1.0) * (lineColour.a * coverage);
}
