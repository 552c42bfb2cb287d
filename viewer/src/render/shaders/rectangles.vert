// Rectangles on the screen, each a pair of triangles with four numbers of its own.
uniform sampler2D rectangles; // left, bottom, width, height in pixels; below them the numbers
uniform vec2 screen; // its size

out vec2 corner; // 0 to 1, to the right and upwards
flat out vec4 extra;

void main() {
  corner = vec2(float(gl_VertexID & 1), float((gl_VertexID >> 1) & 1));
  vec4 there = texelFetch(rectangles, ivec2(gl_VertexID >> 2, 0), 0);
  extra = texelFetch(rectangles, ivec2(gl_VertexID >> 2, 1), 0);
  gl_Position = vec4((there.xy + there.zw * corner) / screen * 2.0 - 1.0, 0.0, 1.0);
}
