// The digital numbers of grid cells, of the finest level that has arrived.
uniform usampler2DArray chunks;
// Where they lie in it, an entry for each chunk of the view's level: what to add to a pixel's column and
// row; the layer, negative for no data; cells along the pixel's edge.
uniform isampler2D pages;
uniform ivec2 entryCells;
uniform ivec2 coveredCells; // that have a number

// The quotient of whole numbers from 0 to 2^20, rounded down: exact, since the half keeps it away from
// whole numbers by more than a float errs. Many GPUs have no division of integers.
ivec2 quotient(ivec2 number, ivec2 divisor) {
  return ivec2((vec2(number) + 0.5) / vec2(divisor));
}

// The number at a cell whose page is known.
uint numberOn(ivec4 page, ivec2 cell) {
  cell = min(cell, coveredCells - 1);
  return texelFetch(chunks, ivec3(quotient(cell, page.ww) + page.xy, page.z), 0).r;
}

// The number at a cell, 0 where there is none; `factor` is how many cells long the edge of its pixel is.
uint numberAt(ivec2 cell, out int factor) {
  ivec4 page = texelFetch(pages, quotient(min(cell, coveredCells - 1), entryCells), 0);
  factor = page.w;
  return page.z < 0 ? 0u : numberOn(page, cell);
}
