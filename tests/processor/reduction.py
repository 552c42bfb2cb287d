"""What a tile must hold by any recipe: an independent reading of the rules, pixel by pixel.

GDAL (rasterio) warps every band of every observation to the tile, nearest and exact; numpy keeps all of a pixel's
observations; the statistics are taken of whole lists, in exact fractions where the rules ask for exactness.
"""

import datetime
import fractions
import math

import numpy as np
import rasterio
import rasterio.warp

Fraction = fractions.Fraction


class Window:
    """A tile's pixels: their size in degrees, and the north-western corner."""

    def __init__(self, west, north, resolution, pixels):
        self.shape = (pixels, pixels)
        self.transform = rasterio.Affine(resolution, 0, west, 0, -resolution, north)
        centres = (np.arange(pixels) + 0.5) * resolution
        self.latitudes, self.longitudes = north - centres, west + centres

    def warp(self, path, band=1):
        """The numbers of a file's band at the centres of the pixels, and which centres the file holds."""
        with rasterio.open(path) as raster:
            numbers, crs, transform = raster.read(band), raster.crs, raster.transform
            nodata = raster.nodata

        def nearest(array):
            out = np.zeros(self.shape, array.dtype)
            rasterio.warp.reproject(
                array,
                out,
                src_transform=transform,
                src_crs=crs,
                dst_transform=self.transform,
                dst_crs="EPSG:4326",
                resampling=rasterio.warp.Resampling.nearest,
                tolerance=0,
            )
            return out

        # GDAL knows no int8 here: its bits go as those of uint8.
        signed = numbers.dtype == np.int8
        warped = nearest(numbers.view(np.uint8) if signed else numbers)
        return (warped.view(np.int8) if signed else warped), nearest(np.ones(numbers.shape, np.uint8)) > 0, nodata


def holds(test, bands):
    """Where a test holds: `bands` are those of one observation."""
    numbers = bands[test["band"]][0]
    if "range" in test:
        low, high = test["range"]
        return (numbers >= low) & (numbers <= high)
    if "bits" in test:
        number = np.zeros(numbers.shape, np.int64)
        for place, bit in enumerate(test["bits"]):
            number |= ((numbers.astype(np.int64) >> bit) & 1) << place
        return np.isin(number, test["values"])
    return np.isin(numbers, test["values"])


def half_even(number):
    """A fraction rounded to a whole number, halves to the even neighbour."""
    return round(number)


class Reduction:
    """One variable over the observations of a period: `observations` are dictionaries with `date`, and `bands` by name as
    `Window.warp` gives them, in the order in which they count."""

    def __init__(self, recipe, variable, observations, begins, ends, composites=None, shape=None):
        self.variable, self.begins, self.ends, self.shape = variable, begins, ends, shape
        self.composites = composites or sorted({observation["date"] for observation in observations})
        self.scale = (variable.get("scale", 1.0), variable.get("offset", 0.0))
        band = recipe["bands"][variable["band"]]
        self.source = (band.get("band_scale", self.scale[0]), band.get("band_offset", self.scale[1]))
        tests = variable.get("valid", recipe.get("valid", []))
        numbers, valid, hits, self.dates = [], [], [], []
        taken = {}
        for observation in observations:
            bands = observation["bands"]
            value, inside, nodata = bands[variable["band"]]
            for _, other, _ in bands.values():
                inside = inside & other
            counts = inside.copy()
            if np.issubdtype(value.dtype, np.floating):
                counts &= ~np.isnan(value)
            if nodata is not None:
                counts &= value != nodata
            for test in tests:
                counts &= holds(test, bands)
            if recipe.get("one_per") == "day":
                before = taken.setdefault(observation["date"], np.zeros(counts.shape, bool))
                counts &= ~before
                before |= counts
            hit = counts.copy()
            for test in variable.get("when", []):
                hit &= holds(test, bands)
            numbers.append(value)
            valid.append(counts)
            hits.append(hit)
            self.dates.append(observation["date"])
        self.numbers, self.valid, self.hits = map(np.array, (numbers, valid, hits))

    def day(self, date):
        return (date - self.begins).days + 1

    def result(self):
        """The stored numbers."""
        rows, cols = self.shape
        out = np.full((rows, cols), self.variable["fill"], self.variable["type"])
        if not self.dates:
            return out
        for row in range(rows):
            for col in range(cols):
                out[row, col] = self.pixel(row, col)
        return out

    def pixel(self, row, col):
        valid = self.valid[:, row, col]
        fill = self.variable["fill"]
        if not valid.any():
            return fill
        statistic = self.variable["statistic"]
        counted = self.hits if "when" in self.variable else self.valid
        picked = self.numbers[counted[:, row, col], row, col].tolist()
        if statistic in ("count", "share") or statistic.startswith("run") or statistic.endswith("day"):
            number = self.own(statistic, valid, self.hits[:, row, col])
            if number is None:
                return fill
            scale, offset = map(Fraction, self.scale)
            return self.store((number - offset) / scale)
        return self.store(self.of_values(statistic, picked))

    def of_values(self, statistic, numbers):
        exact = [Fraction(number) for number in numbers]
        if statistic == "mean":
            found = sum(exact) / len(exact)
        elif statistic == "sum":
            found = sum(exact)
        elif statistic == "maximum":
            found = max(exact)
        elif statistic == "minimum":
            found = min(exact)
        elif statistic == "first":
            found = exact[0]
        elif statistic == "last":
            found = exact[-1]
        elif statistic in ("median", "percentile"):
            percent = Fraction(str(self.variable.get("percent", 50)))
            rank = (len(exact) - 1) * percent / 100
            ordered, low = sorted(exact), math.floor(rank)
            high = min(low + 1, len(exact) - 1)
            found = ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
        elif statistic == "standard-deviation":
            mean = sum(exact) / len(exact)
            found = math.sqrt(sum((number - mean) ** 2 for number in exact) / len(exact))
            return found if self.source == self.scale else found * self.source[0] / self.scale[0]
        else:
            raise ValueError(statistic)
        if self.source == self.scale:
            return found
        value = float(found) * self.source[0] + self.source[1]
        return (value - self.scale[1]) / self.scale[0]

    def own(self, statistic, valid, hits):
        """A count, share, day or run; `None` where it is none of a pixel that was observed."""
        if statistic == "count":
            return Fraction(int(hits.sum() if "when" in self.variable else valid.sum()))
        if statistic == "share":
            return Fraction(int(hits.sum()), int(valid.sum()))
        days = {date: (False, False) for date in self.composites}
        for date, was_valid, hit in zip(self.dates, valid, hits):
            before = days[date]
            days[date] = (before[0] or bool(was_valid), before[1] or bool(hit))
        ordered = sorted(days)
        hit_days = [date for date in ordered if days[date][1]]
        if statistic in ("first-day", "last-day"):
            return Fraction(self.day(hit_days[0 if statistic == "first-day" else -1])) if hit_days else None
        # Runs: of composites that hit, as indices.
        bridges = self.variable.get("gap", "break") == "bridge"
        runs, current = [], []
        for index, date in enumerate(ordered):
            was_valid, hit = days[date]
            if hit:
                current.append(index)
            elif was_valid or not bridges:
                runs.append(current)
                current = []
        runs.append(current)
        runs = [run for run in runs if run]
        if not runs:
            return Fraction(0) if statistic == "run-length" else None
        longest = max(run[-1] - run[0] + 1 for run in runs)
        run = [run for run in runs if run[-1] - run[0] + 1 == longest][-1]
        if statistic == "run-length":
            return Fraction(longest)
        if statistic == "run-first-day":
            return Fraction(self.day(ordered[run[0]]))
        after = run[-1] + 1
        end = ordered[after] if after < len(ordered) else self.ends
        return Fraction(self.day(end))

    def store(self, number):
        """A number of the stored type: rounded, held within the type, next to `fill` where it would be that."""
        kind = np.dtype(self.variable["type"])
        if kind.kind == "f":
            return float(number)
        info = np.iinfo(kind)
        whole = min(max(half_even(number), info.min), info.max)
        if whole == self.variable["fill"]:
            whole += 1 if whole < info.max else -1
        return whole


def date(text):
    return datetime.date.fromisoformat(text)
