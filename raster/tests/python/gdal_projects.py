"""Projects places with PROJ and writes their coordinates as little-endian 64-bit numbers, x and y in turn.

    gdal_projects.py PLACES OUT

PLACES has a line for each system: its name as GDAL knows it, then longitudes and latitudes in degrees in turn.
"""

import sys

import numpy
from rasterio.warp import transform

places, out = sys.argv[1:]
found = []
with open(places) as lines:
    for line in lines:
        crs, *numbers = line.split()
        numbers = [float(number) for number in numbers]
        x, y = transform("EPSG:4326", crs, numbers[0::2], numbers[1::2])
        found.append(numpy.column_stack([x, y]).ravel())
numpy.concatenate(found).astype("<f8").tofile(out)
