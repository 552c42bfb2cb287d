// A picture from the sheet, colours multiplied by their opacity.
uniform sampler2D sheet;
uniform float sheetEdge; // texels
in vec2 corner;
flat in vec4 extra; // left, top, width, height on the sheet
out vec4 colour;

void main() {
  vec2 at = (extra.xy + extra.zw * vec2(corner.x, 1.0 - corner.y)) / sheetEdge;
  colour = textureLod(sheet, at, 0.0);
}
