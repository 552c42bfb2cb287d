// From a fragment to the ground. The twin of view/ground.rs, which explains and tests the formulas.
// `projection` (0 Mercator, 1 globe, 2 equirectangular) is a constant of the variant.
uniform vec2 centre; // of the view, in device pixels from the left and the bottom
uniform float radiansPerPixel;
uniform vec2 sinCos; // of the centre's latitude
uniform ivec2 centreCell; // the grid cell that holds the centre
uniform vec2 centreFraction; // the centre's place in it, eastwards and southwards
uniform float cellsPerRadian;
uniform ivec2 gridSize; // columns, rows

const float PI = 3.14159265358979;

float halfSinh(float y) {
  float t = y * 0.5;
  if (abs(t) < 0.3) {
    float q = t * t;
    return t * (1.0 + q * (1.0 / 6.0 + q * (1.0 / 120.0 + q * (1.0 / 5040.0))));
  }
  return (exp(t) - exp(-t)) * 0.5;
}

float arcTangent(float y, float x) {
  float ax = abs(x), ay = abs(y);
  float small = min(ax, ay), large = max(ax, ay);
  if (large == 0.0) return 0.0;
  bool steep = small > large * 0.41421356;
  float t = steep ? (small - large) / (small + large) : small / large;
  float q = t * t;
  float series = ((8.0537445e-2 * q - 1.3877686e-1) * q + 1.9977711e-1) * q - 3.3332949e-1;
  float angle = series * q * t + t;
  if (steep) angle += PI * 0.25;
  if (ay > ax) angle = PI * 0.5 - angle;
  if (x < 0.0) angle = PI - angle;
  return y < 0.0 ? -angle : angle;
}

// East and north angles from the centre; `inside` is how many device pixels the fragment lies within
// the edge of the globe. Beside the globe the angles are those of its edge.
vec2 angles(vec2 fragment, out float inside) {
  float x = (fragment.x - centre.x) * radiansPerPixel;
  float y = (fragment.y - centre.y) * radiansPerPixel;
  float s = sinCos.x, c = sinCos.y;
  inside = 1e6;
  if (projection == 2) return vec2(x, y);
  if (projection == 0) {
    float h = halfSinh(y);
    float w = 2.0 * h * (sqrt(1.0 + h * h) + s * h);
    return vec2(x, arcTangent(c * w, 1.0 + s * w));
  }
  float reach = sqrt(x * x + y * y);
  inside = (1.0 - reach) / radiansPerPixel;
  if (reach > 1.0) {
    x /= reach;
    y /= reach;
  }
  float z = sqrt(max(1.0 - x * x - y * y, 0.0));
  float u = z * c - y * s;
  float extent = sqrt(x * x + u * u);
  float q = u > 0.0 ? x * x / (extent + u) : extent - u;
  return vec2(arcTangent(x, u), arcTangent(y - s * q, z + c * q));
}

int wrapped(int value, int size) {
  int rest = value - size * int(floor(float(value) / float(size)));
  if (rest < 0) rest += size;
  return rest >= size ? rest - size : rest;
}

// The grid cell (column, row) at angles from the centre, and the place in it. The row may lie beyond
// the grid.
ivec2 cellAt(vec2 angle, out vec2 fraction) {
  vec2 at = centreFraction + vec2(angle.x, -angle.y) * cellsPerRadian;
  vec2 whole = floor(at);
  fraction = at - whole;
  ivec2 cell = centreCell + ivec2(whole);
  cell.x = wrapped(cell.x, gridSize.x);
  // The last row holds the south pole itself.
  if (projection == 1) cell.y = clamp(cell.y, 0, gridSize.y - 1);
  return cell;
}
