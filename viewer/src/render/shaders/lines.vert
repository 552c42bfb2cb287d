// Segments of polylines on the ground as pairs of triangles of constant width on the screen. `projection`
// (0 Mercator, 1 globe, 2 equirectangular) is a constant of the variant.
uniform sampler2D vertices; // longitude, latitude, Mercator's northing: radians; 1024 in a row
uniform int runs[128]; // of 32 segments
uniform float radius; // of the globe in device pixels
uniform vec2 halfScreen; // device pixels
uniform vec2 sinCos; // of the centre's latitude
uniform vec3 centreHigh; // longitude, latitude, northing of the centre ...
uniform vec3 centreLow; // ... and what an f32 leaves out of them
uniform float turn; // east shift of this copy of the world, radians
uniform float width; // device pixels

out float across; // device pixels from the middle of the line

// Device pixels from the centre of the screen, and whether the place is on this side.
vec3 onScreen(vec3 place) {
  vec3 away = (place - centreHigh) - centreLow;
  away.x += turn;
  if (projection == 0) return vec3(away.xz * radius, 1.0);
  if (projection == 2) return vec3(away.xy * radius, 1.0);
  float s = sinCos.x, c = sinCos.y;
  float sinHalf = sin(away.x * 0.5);
  float fall = 2.0 * cos(place.y) * sinHalf * sinHalf;
  float x = cos(place.y) * sin(away.x);
  float y = sin(away.y) + s * fall;
  float z = cos(away.y) - c * fall;
  return vec3(vec2(x, y) * radius, z);
}

vec3 vertex(int index) {
  return texelFetch(vertices, ivec2(index & 1023, index >> 10), 0).xyz;
}

void main() {
  // Four corners a segment: 0 and 1 at its start, 2 and 3 at its end.
  int corner = gl_VertexID & 3, ordinal = gl_VertexID >> 2;
  int segment = runs[ordinal >> 5] * 32 + (ordinal & 31);
  vec3 start = vertex(segment), end = vertex(segment + 1);
  vec3 a = onScreen(start), b = onScreen(end);
  // Latitudes beyond the pole end a polyline.
  if (start.y > 2.0 || end.y > 2.0 || a.z < 0.0 || b.z < 0.0) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    across = 0.0;
    return;
  }
  vec2 along = b.xy - a.xy;
  float extent = length(along);
  along = extent > 1e-6 ? along / extent : vec2(1.0, 0.0);
  float reach = width * 0.5 + 1.0;
  float side = (corner & 1) == 0 ? -1.0 : 1.0;
  vec2 at = corner < 2 ? a.xy - along * width * 0.3 : b.xy + along * width * 0.3;
  at += vec2(-along.y, along.x) * side * reach;
  across = side * reach;
  gl_Position = vec4(at / halfScreen, 0.0, 1.0);
}
