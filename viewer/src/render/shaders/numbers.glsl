// The codes of grid cells, of the finest level that has arrived. Where the variant `nested` is, the pixels of each level
// are squares of whole cells, counted from the first one.
uniform usampler2DArray chunks;
// Where they lie in it, an entry for each chunk of the view's level: what to add to a pixel's column and
// row; the layer, negative for no data; cells along the pixel's edge, or the level (4 bits) and column and row of the
// chunk's place in the layer (10 bits each).
uniform isampler2D pages;
uniform uint missing; // the code of no data
uniform ivec2 entryCells; // where nested; else:
uniform int viewLevel;
uniform vec4 levelPlaces[16]; // first column and row, cells along a pixel's edges, negative for whole cells
uniform vec4 levelShapes[16]; // columns and rows of pixels, and of those in a chunk
uniform uvec2 valid; // the least code that is data, and how far the greatest one lies above it

// The quotient of whole numbers from 0 to 2^20, rounded down: exact, since the half keeps it away from
// whole numbers by more than a float errs. Many GPUs have no division of integers.
ivec2 quotient(ivec2 number, ivec2 divisor) {
  return ivec2((vec2(number) + 0.5) / vec2(divisor));
}

bool isMissing(uint code) {
  return code == missing || code - valid.x > valid.y;
}

// Where a place lies among the pixels of a level that is not nested.
vec2 amongPixels(int level, ivec2 cell, vec2 fraction) {
  vec4 there = levelPlaces[level];
  // In the middle of its cell it is as far from the edges of whole cells as can be.
  vec2 within = vec2(there.z < 0.0 ? 0.5 : fraction.x, there.w < 0.0 ? 0.5 : fraction.y);
  return (vec2(cell) - there.xy + within) / abs(there.zw);
}

// The pixel there; what a level leaves out belongs to its first and last one.
ivec2 pixelOf(int level, ivec2 cell, vec2 fraction) {
  return ivec2(clamp(floor(amongPixels(level, cell, fraction)), vec2(0.0), levelShapes[level].xy - 1.0));
}

// The code at a cell whose page is known.
uint codeOn(ivec4 page, ivec2 cell, vec2 fraction) {
  if (nested) return texelFetch(chunks, ivec3(quotient(cell, page.ww) + page.xy, page.z), 0).r;
  int level = page.w & 15;
  // An edge that a float misses leads into no other chunk.
  ivec2 size = ivec2(levelShapes[level].zw);
  ivec2 first = (ivec2(page.w >> 4, page.w >> 14) & 1023) * size;
  ivec2 at = clamp(pixelOf(level, cell, fraction) + page.xy, first, first + size - 1);
  return texelFetch(chunks, ivec3(at, page.z), 0).r;
}

// The page of a cell.
ivec4 pageOf(ivec2 cell, vec2 fraction) {
  if (nested) return texelFetch(pages, quotient(cell, entryCells), 0);
  ivec2 size = ivec2(levelShapes[viewLevel].zw);
  return texelFetch(pages, quotient(pixelOf(viewLevel, cell, fraction), size), 0);
}

// The code at a cell, that of no data where there is none.
uint codeAt(ivec2 cell, vec2 fraction, out ivec4 page) {
  page = pageOf(cell, fraction);
  return page.z < 0 ? missing : codeOn(page, cell, fraction);
}
