"""Warps a raster with GDAL, nearest neighbour, onto a part of a geographic grid and writes the pixels,
row by row, as little-endian 16-bit numbers.

    gdal_warps.py RASTER OUT WEST NORTH RESOLUTION WIDTH HEIGHT

The grid is on the sphere of the raster, so that no datum shift takes part.
"""

import sys

import numpy
import rasterio
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

raster, out, west, north, resolution, width, height = sys.argv[1:]
resolution = float(resolution)
destination = numpy.zeros((int(height), int(width)), dtype=numpy.uint16)
with rasterio.open(raster) as source:
    reproject(
        source=source.read(1).astype(numpy.uint16),
        src_transform=source.transform,
        src_crs=source.crs,
        src_nodata=None,
        destination=destination,
        dst_transform=Affine(resolution, 0, float(west), 0, -resolution, float(north)),
        dst_crs="+proj=longlat +R=6371007.181 +no_defs",
        resampling=Resampling.nearest,
        # Exact coordinates for each pixel instead of interpolated ones.
        tolerance=0,
    )
destination.astype("<u2").tofile(out)
