"""Reduces observations one pixel at a time and compares every pixel of every output with what was found.

    reduces.py FOLDER

FOLDER holds `cases.json`; for each case N a file `N.in` with the numbers of each observation's bands, one after the other, and
a file `N.out` with the planes that were found.
"""

import json
import math
import sys
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

import numpy

getcontext().prec = 60
folder = Path(sys.argv[1])
DAY_STATISTICS = {"first-day", "last-day", "run-first-day", "run-end-day"}
OF_HITS = DAY_STATISTICS | {"share", "run-length"}


def number(scalar):
    """A number of numpy as one of Python."""
    return scalar.item()


def passes(test, numbers, types):
    """Whether an observation's numbers pass a test."""
    found, dtype = numbers[test["band"]], types[test["band"]]
    typed = (lambda bound: float(numpy.float32(bound))) if dtype == "float32" else (lambda bound: bound)
    if "range" in test:
        low, high = test["range"]
        return typed(low) <= found <= typed(high)
    if "one_of" in test:
        return any(found == typed(value) for value in test["one_of"])
    bits = found & (2 ** (8 * numpy.dtype(dtype).itemsize) - 1)
    return sum(((bits >> bit) & 1) << place for place, bit in enumerate(test["bits"])) in test["values"]


def is_nodata(found, nodata, dtype):
    if isinstance(found, float) and math.isnan(found):
        return True
    if nodata is None:
        return False
    return found == (float(numpy.float32(nodata)) if dtype == "float32" else float(nodata))


def exact_root(fraction):
    """The square root of a fraction: exactly rounded halves to even, and to 50 digits."""
    root = (Decimal(fraction.numerator) / Decimal(fraction.denominator)).sqrt()
    below = math.isqrt(fraction.numerator // fraction.denominator)
    half = (Fraction(2 * below + 1) / 2) ** 2
    up = fraction > half or (fraction == half and below % 2 == 1)
    return below + up, root


def of_values(statistic, millionths, values):
    """A statistic of the file's numbers, as an exact fraction."""
    exact = [Fraction(value) for value in values]
    if statistic == "mean":
        return sum(exact) / len(exact)
    if statistic in ("median", "percentile"):
        share = Fraction(1, 2) if statistic == "median" else Fraction(millionths, 1_000_000)
        by_size, rank = sorted(exact), (len(exact) - 1) * share
        low = math.floor(rank)
        high = min(low + 1, len(exact) - 1)
        return by_size[low] + (by_size[high] - by_size[low]) * (rank - low)
    if statistic == "standard-deviation":
        mean = sum(exact) / len(exact)
        return sum((value - mean) ** 2 for value in exact) / len(exact)
    return {"maximum": max, "minimum": min, "sum": sum, "first": lambda all: all[0], "last": lambda all: all[-1]}[
        statistic
    ](exact)


def longest_run(bridges, composites, valid, hit):
    """The first composite of the longest run of hits and the one after its last; of equals the latest."""
    runs, start, end = [], None, None
    for composite in range(composites):
        if composite in hit:
            start, end = (composite if start is None else start), composite + 1
            runs.append((start, end))
        elif composite in valid or not bridges:
            start = None
    return max(runs, key=lambda run: (run[1] - run[0], run[1]), default=None)


def of_hits(output, case, counted, hits):
    """A statistic of the observations that hit; None where there is none."""
    statistic, days = output["statistic"], case["days"]
    day = lambda composite: days[composite] if composite < len(days) else case["days_in_period"] + 1
    hit = {composite for composite, _ in hits}
    if statistic == "count":
        return len(hits)
    if statistic == "share":
        return len(hits) / len(counted)
    if statistic in ("first-day", "last-day"):
        return day((min if statistic == "first-day" else max)(hit)) if hit else None
    run = longest_run(output["bridges"], len(days), {composite for composite, _ in counted}, hit)
    if statistic == "run-length":
        return run[1] - run[0] if run else 0
    return day(run[0] if statistic == "run-first-day" else run[1]) if run else None


def limits(dtype):
    info = numpy.finfo(dtype) if dtype == "float32" else numpy.iinfo(dtype)
    return number(info.min) if dtype == "float32" else int(info.min), number(info.max) if dtype == "float32" else int(info.max)


def neighbour(fill, dtype):
    low, high = limits(dtype)
    if dtype == "float32":
        return float(numpy.nextafter(numpy.float32(fill), numpy.float32(numpy.inf if fill < high else -numpy.inf)))
    return fill + 1 if fill < high else fill - 1


def store(result, output):
    """What a result is stored as: the numbers that are right, more than one only where digits decide."""
    stored, dtype = output["stored"], output["stored"]["type"]
    fill = float(stored["fill"]) if dtype == "float32" else stored["fill"]
    if result is None:
        return fill, 0.0
    value, slack = result
    low, high = limits(dtype)
    value = min(max(value, low), high)
    if dtype == "float32":
        value = float(numpy.float32(value))
    elif abs(abs(float(value) - math.floor(float(value))) - 0.5) >= slack:
        # Halves to the even neighbour, of floats and of fractions.
        value, slack = round(value), 0.0
    else:
        slack += 0.5
    return (neighbour(fill, dtype), 0.0) if value == fill else (value, slack)


def result_of(output, case, types, cache, counted, hits):
    """An output's number before rounding and clamping, and how far from it a stored one may be."""
    if not counted:
        return None
    (scale, offset), stored = output["source"], output["stored"]
    statistic = output["statistic"]
    if statistic == "count" or statistic in OF_HITS:
        found = of_hits(output, case, counted, hits if output["when"] else counted)
        return None if found is None else ((found - stored["offset"]) / stored["scale"], 0.0)
    key = (statistic, output["millionths"])
    if key not in cache:
        cache[key] = of_values(*key, [value for _, value in counted])
    exact = cache[key]
    is_float = types[output["band"]].startswith("float")
    size = max(abs(value) for _, value in counted) * abs(scale / stored["scale"])
    slack = 1e-6 * size if is_float else 0.0
    if statistic == "sum":
        slack *= len(counted)
    same = [scale, offset] == [stored["scale"], stored["offset"]]
    if statistic == "standard-deviation":
        whole, root = exact_root(exact)
        if same and scale > 0 and offset == 0 and not is_float:
            return (whole, 0.0) if stored["type"] != "float32" else (float(root), 1e-7 * size)
        return (float(root) * abs(scale) - stored["offset"]) / stored["scale"], max(slack, 1e-12 * size)
    if same:
        return (exact if stored["type"] != "float32" else float(exact)), slack
    return (float(exact) * scale + offset - stored["offset"]) / stored["scale"], slack


def observations_of(case, data, types):
    """For each pixel its observations by order: composite, date, place of the observation, numbers."""
    pixels = [[] for _ in range(case["pixels"])]
    at = 0
    for place, observation in enumerate(case["observations"]):
        length = sum(length for _, length in observation["runs"])
        bands = []
        for dtype in types:
            size = length * numpy.dtype(dtype).itemsize
            bands.append(numpy.frombuffer(data[at : at + size], dtype=dtype))
            at += size
        targets = [target for start, length in observation["runs"] for target in range(start, start + length)]
        for index, target in enumerate(targets):
            numbers = [number(band[index]) for band in bands]
            pixels[target].append((observation["composite"], observation["date"], place, numbers))
    return pixels


def that_count(output, case, types, observations):
    """Of a pixel's observations those that count."""
    counted, dates = [], set()
    for composite, date, place, numbers in observations:
        nodata = case["observations"][place]["nodata"][output["band"]]
        if is_nodata(numbers[output["band"]], nodata, types[output["band"]]):
            continue
        if not all(passes(test, numbers, types) for test in output["valid"]):
            continue
        if case["one_per_day"] and date in dates:
            continue
        dates.add(date)
        counted.append((composite, place, numbers))
    return counted


def check(index, case):
    types, outputs = case["types"], case["outputs"]
    pixels = observations_of(case, (folder / f"{index}.in").read_bytes(), types)
    found, at = (folder / f"{index}.out").read_bytes(), 0
    planes = []
    for output in outputs:
        size = case["pixels"] * numpy.dtype(output["stored"]["type"]).itemsize
        planes.append(numpy.frombuffer(found[at : at + size], dtype=output["stored"]["type"]))
        at += size
    assert at == len(found), "more was found than there are outputs"
    accepted, valid_pixels, wrong = [0] * len(case["observations"]), 0, []
    for pixel, observations in enumerate(pixels):
        known, any_place = {}, set()
        for output, plane in zip(outputs, planes):
            group = json.dumps([output["band"], output["valid"]])
            if group not in known:
                known[group] = (that_count(output, case, types, observations), {})
                any_place |= {place for _, place, _ in known[group][0]}
            counted, cache = known[group]
            hits = [entry for entry in counted if all(passes(test, entry[2], types) for test in output["when"])]
            values = lambda entries: [(composite, numbers[output["band"]]) for composite, _, numbers in entries]
            result = result_of(output, case, types, cache, values(counted), values(hits))
            expected, slack = store(result, output)
            is_same = expected == plane[pixel] or (expected != expected and plane[pixel] != plane[pixel])
            is_near = abs(float(plane[pixel]) - float(expected)) <= slack
            if not is_same and not is_near:
                wrong.append(f"pixel {pixel}: expected {expected}, found {plane[pixel]} of {output}, {values(counted)}, {values(hits)}")
        valid_pixels += bool(any_place)
        for place in any_place:
            accepted[place] += 1
    if wrong:
        sys.exit(f"{case['name']}: {len(wrong)} pixels differ\n" + "\n".join(wrong[:5]))
    assert accepted == case["accepted"], (case["name"], accepted, case["accepted"])
    assert valid_pixels == case["valid_pixels"], (case["name"], valid_pixels, case["valid_pixels"])


for index, case in enumerate(json.loads((folder / "cases.json").read_text())):
    check(index, case)
