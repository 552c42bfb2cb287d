// What lies over the data, colours multiplied by their opacity: status of tiles and graticule, where the variant
// `showsStatus` and `showsGraticule`.
uniform float pixelRatio;

uniform usampler2D statusClasses;
uniform ivec2 statusSize; // columns, rows
uniform vec4 statusColours[8];
uniform ivec2 statusHovered;
uniform ivec2 statusSelected;
uniform vec3 statusMark;

uniform vec4 graticuleColour;
uniform float graticuleStep; // radians
uniform vec2 graticuleCentre; // the view's centre in steps

out vec4 colour;

// How much of a line's pixel it covers, at a distance in device pixels from its middle.
float covered(float distance, float width) {
  return clamp(width * 0.5 + 0.5 - distance, 0.0, 1.0);
}

// Lays a colour over what is there.
void lay(vec3 over, float opacity) {
  colour = vec4(over, 1.0) * opacity + colour * (1.0 - opacity);
}

void main() {
  Place place = placeAt(gl_FragCoord.xy);
  vec2 angle = place.angle, fraction = place.fraction;
  ivec2 cell = place.cell;
  // How fast the angles change per pixel; where the longitude jumps by a turn, by the other branch.
  float turned = angle.x < 0.0 ? angle.x + 2.0 * PI : angle.x;
  vec2 pace = vec2(
    min(length(vec2(dFdx(angle.x), dFdy(angle.x))), length(vec2(dFdx(turned), dFdy(turned)))),
    length(vec2(dFdx(angle.y), dFdy(angle.y))));
  pace = max(pace, vec2(1e-12));


  colour = vec4(0.0);
  if (!isOnGround(place)) return;

  if (showsStatus && isOnGrid(place)) {
    ivec2 share = gridSize / statusSize;
    ivec2 tile = min(cell / share, statusSize - 1);
    uint kind = texelFetch(statusClasses, tile, 0).r;
    vec4 fill = statusColours[int(min(kind, 7u))];
    vec2 within = (vec2(cell - tile * share) + fraction) / vec2(share);
    vec2 edges = min(within, 1.0 - within) * vec2(share) / abs(cellsPerRadian) / pace;
    float edge = min(edges.x, edges.y);
    lay(fill.rgb, fill.a);
    // Lines fade where tiles are only a few pixels wide.
    vec2 extent = vec2(share) / abs(cellsPerRadian) / pace;
    float room = clamp(min(extent.x, extent.y) / 12.0, 0.0, 1.0);
    if (fill.a > 0.0) lay(fill.rgb, 0.75 * room * covered(edge, pixelRatio));
    if (tile == statusHovered) lay(statusMark, covered(edge, 3.0 * pixelRatio));
    if (tile == statusSelected) lay(statusMark, covered(edge, 5.0 * pixelRatio));
  }

  if (showsGraticule) {
    vec2 at = graticuleCentre + angle / graticuleStep;
    vec2 away = abs(at - floor(at + 0.5)) * graticuleStep / pace;
    // Meridians fade where they run together at a pole.
    float crowd = clamp(graticuleStep / pace.x / 8.0 - 0.5, 0.0, 1.0);
    float line = max(covered(away.x, pixelRatio) * crowd, covered(away.y, pixelRatio));
    lay(graticuleColour.rgb, graticuleColour.a * line);
  }
  colour *= shown(place);
}
