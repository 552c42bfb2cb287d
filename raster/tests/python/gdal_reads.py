"""Reads a raster with GDAL and writes its pixels, row by row, as little-endian 16-bit numbers.

    gdal_reads.py RASTER OUT
"""

import sys

import rasterio

raster, out = sys.argv[1:]
with rasterio.open(raster) as source:
    source.read(1).astype("<u2").tofile(out)
