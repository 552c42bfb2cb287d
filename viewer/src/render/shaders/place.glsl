// From a fragment to the ground. In the flat projections a column of fragments has one longitude and a row
// one latitude: view/axes.rs computes them, the shader looks them up. On the globe it computes each
// place by itself, as the twin of view/ground.rs, which explains and tests the formulas.
// `projection` (0 Mercator, 1 globe, 2 equirectangular) is a constant of the variant, and so is `mercatorRows`: whether
// rows are steps of Mercator's northing, on a globe.
uniform sampler2D axes; // columns from the left, below them rows from the bottom
uniform vec2 centre; // of the view, in device pixels from the left and the bottom
uniform float radiansPerPixel;
uniform vec2 sinCos; // of the centre's latitude
uniform ivec2 centreCell; // the grid cell that holds the centre
uniform vec2 centreFraction; // the centre's place in it, the way that columns and rows go
uniform vec2 centreShare; // the centre as a `Place`'s share
uniform vec2 cellsPerRadian; // columns to the east, rows to the north
uniform ivec2 gridSize; // columns, rows
uniform ivec2 gridEnds; // the least and greatest row on the Earth
uniform int turn; // columns around the globe ...
uniform float turnRest; // ... and what has to be added to that
uniform vec3 rowsFrom; // where northings are counted from: sine and cosine of its latitude, and the centre north of it
uniform float gridMiddle; // east of the centre, of a grid that does not go around

const float PI = 3.14159265358979;

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

int wrapped(int value, int size) {
  int rest = value - size * int(floor(float(value) / float(size)));
  if (rest < 0) rest += size;
  return rest >= size ? rest - size : rest;
}

// Whether the last column lies beside the first one.
bool goesAround() {
  return gridSize.x >= turn;
}

struct Place {
  ivec2 cell; // column and row of the grid; they may lie beyond it
  vec2 fraction; // where in the cell, the way that columns and rows go
  vec2 angle; // from the view's centre, east and north
  vec2 share; // of a turn from 180° W, of half a turn from the north pole
  float inside; // how many device pixels the fragment lies within the edge of the globe
};

// Mercator's northing of an angle from a latitude, of which sine and cosine are given, counted from there.
float northing(float angle, vec2 sinCos) {
  float s = sinCos.x, c = sinCos.y, h = angle * 0.5;
  float difference = 2.0 * (c * cos(h) - s * sin(h)) * sin(h);
  float r = clamp(difference / (1.0 - s * (s + difference)), -0.9999999, 0.9999999);
  return abs(r) < 0.05 ? r * (1.0 + r * r / 3.0) : 0.5 * log((1.0 + r) / (1.0 - r));
}

// Beside the globe it is the place at the edge.
Place onGlobe(vec2 fragment) {
  Place place;
  float x = (fragment.x - centre.x) * radiansPerPixel;
  float y = (fragment.y - centre.y) * radiansPerPixel;
  float s = sinCos.x, c = sinCos.y;
  float reach = sqrt(x * x + y * y);
  place.inside = (1.0 - reach) / radiansPerPixel;
  if (reach > 1.0) {
    x /= reach;
    y /= reach;
  }
  float z = sqrt(max(1.0 - x * x - y * y, 0.0));
  float u = z * c - y * s;
  float extent = sqrt(x * x + u * u);
  float q = u > 0.0 ? x * x / (extent + u) : extent - u;
  place.angle = vec2(arcTangent(x, u), arcTangent(y - s * q, z + c * q));

  float away = place.angle.x - gridMiddle;
  int turns = away > PI ? -1 : away < -PI ? 1 : 0;
  vec2 along = place.angle;
  if (mercatorRows) along.y = northing(along.y + rowsFrom.z, rowsFrom.xy);
  vec2 at = centreFraction + along * cellsPerRadian;
  at.x += float(turns) * turnRest;
  vec2 whole = floor(at);
  place.fraction = at - whole;
  place.cell = centreCell + ivec2(whole);
  place.cell.x += turns * turn;
  if (goesAround()) place.cell.x = wrapped(place.cell.x, turn);
  // The last row holds the south pole itself.
  place.cell.y = clamp(place.cell.y, gridEnds.x, gridEnds.y);
  place.share = centreShare + vec2(place.angle.x / (2.0 * PI), -place.angle.y / PI);
  place.share.y = clamp(place.share.y, 0.0, 1.0);
  return place;
}

Place placeAt(vec2 fragment) {
  if (projection == 1) return onGlobe(fragment);
  vec4 column = texelFetch(axes, ivec2(int(fragment.x), 0), 0);
  vec4 row = texelFetch(axes, ivec2(int(fragment.y), 1), 0);
  return Place(
    ivec2(column.x, row.x), vec2(column.y, row.y), vec2(column.z, row.z), vec2(column.w, row.w), 1e6);
}

bool isOnGround(Place place) {
  return place.inside >= -0.5 && place.share.y >= 0.0 && place.share.y <= 1.0;
}

bool isOnGrid(Place place) {
  ivec2 cell = place.cell;
  return isOnGround(place) && cell.x >= 0 && cell.x < gridSize.x && cell.y >= 0 && cell.y < gridSize.y;
}

// How much of the fragment lies on the ground.
float shown(Place place) {
  return clamp(place.inside + 0.5, 0.0, 1.0);
}
