// The digital numbers of grid cells, of the finest level that has arrived.
uniform usampler2DArray chunks;
uniform usampler2D pages; // state (0 unknown, 1 absent, 2 resident), x, y, layer
uniform int levelCount;
uniform int firstLevel; // the finest level that this view asks for
uniform ivec4 levelShape[16]; // factor, chunk columns, chunk rows, first entry in the page table
uniform ivec4 levelSize[16]; // columns, rows, chunks across, unused

// The quotient of whole numbers from 0 to 2^20, rounded down: exact, since the half keeps it away from
// whole numbers by more than a float errs. Many GPUs have no division of integers.
ivec2 quotient(ivec2 number, ivec2 divisor) {
  return ivec2((vec2(number) + 0.5) / vec2(divisor));
}

uvec4 pageOf(int level, ivec2 pixel) {
  ivec4 shape = levelShape[level];
  ivec2 chunk = quotient(pixel, shape.yz);
  int index = shape.w + chunk.y * levelSize[level].z + chunk.x;
  return texelFetch(pages, ivec2(index & 255, index >> 8), 0);
}

uint numberIn(uvec4 page, int level, ivec2 pixel) {
  if (page.x != 2u) return 0u;
  ivec2 shape = levelShape[level].yz;
  ivec2 within = pixel - quotient(pixel, shape) * shape;
  return texelFetch(chunks, ivec3(within + ivec2(page.yz), int(page.w)), 0).r;
}

// The number at a cell, 0 where there is none; `level` is where it was found, `pixel` its place there.
uint numberAt(ivec2 cell, out int level, out ivec2 pixel) {
  for (level = firstLevel; level < levelCount; level++) {
    pixel = min(quotient(cell, levelShape[level].xx), levelSize[level].xy - 1);
    uvec4 page = pageOf(level, pixel);
    if (page.x != 0u) return numberIn(page, level, pixel);
  }
  return 0u;
}
