"""Warps rasters whose pixels hold their own place with GDAL, nearest neighbour, onto parts of a geographic grid. What comes
out is written row by row as little-endian signed 32-bit numbers: row x columns + column + 1 of the raster's pixel, 0 for none.

    gdal_places.py CASES OUT

CASES has a line for each raster, fields between tabs: its system; west, width, north and height of its transform; its
columns and rows; the grid's system; west, north and resolution of the part; columns and rows of the part.
"""

import sys

import numpy
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

cases, out = sys.argv[1:]
with open(cases) as lines, open(out, "wb") as file:
    for line in lines:
        crs, west, width, north, height, columns, rows, grid, left, top, resolution, across, down = line.rstrip("\n").split("\t")
        rows, columns, resolution = int(rows), int(columns), float(resolution)
        places = numpy.arange(1, rows * columns + 1, dtype=numpy.int32).reshape(rows, columns)
        destination = numpy.zeros((int(down), int(across)), dtype=numpy.int32)
        reproject(
            places,
            destination,
            src_transform=Affine(float(width), 0, float(west), 0, float(height), float(north)),
            src_crs=crs,
            dst_transform=Affine(resolution, 0, float(left), 0, -resolution, float(top)),
            dst_crs=grid,
            src_nodata=0,
            dst_nodata=0,
            resampling=Resampling.nearest,
            # Exact coordinates for each pixel instead of interpolated ones.
            tolerance=0,
            # GDAL guesses which part of the raster it needs from the edges of the other one.
            SOURCE_EXTRA=200,
            SAMPLE_GRID="YES",
        )
        file.write(destination.astype("<i4").tobytes())
