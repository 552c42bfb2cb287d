"""Stores that the page shows each in its own way: what looks.test.mjs looks at.

Fields are made of stripes 30 degrees wide, so that what lies in the middle of one is the same a few pixels around.
"""

import numpy as np

ROWS, COLS = 60, 120
STRIPE = np.arange(COLS) // 10  # 0 to 11
FIELD = np.broadcast_to(STRIPE, (ROWS, COLS))

TEXTS = {
    "title": "Monthly mean of something <b>else</b>",
    "summary": "Twelve stripes.",
    "source": "A drawing board",
    "institution": "Institute of Stripes",
    "references": "https://example.org/stripes and doi:10.1234/stripes.5",
    "license": "CC0-1.0",
}
COVER = [f"kind_{index}_of_cover" for index in range(12)]
COLOURS = " ".join(f"#{index * 20:02x}{255 - index * 20:02x}40" for index in range(12))


def stores():
    """Variables (stored numbers, attributes, fill value) and attributes of the root, by name."""
    nan = float("nan")
    values = (10 * FIELD).astype("u1")
    classes = {"flag_values": [10 * index for index in range(12)], "flag_meanings": " ".join(COVER), "long_name": "Land cover"}
    cover = {
        "cover": (values, classes | {"_FillValue": 0, "flag_colors": COLOURS}, 0),
        "cover_of_others": (values, classes | {"flag_values": classes["flag_values"][:11] + [255]}, 0),
    }
    bits = {"flag_masks": [1, 2, 4], "flag_meanings": "cloud snow_or_ice shadow", "long_name": "Quality"}
    vegetation = np.where(FIELD == 0, -3000, 1000 * FIELD - 1000).astype("i2")
    index = {"scale_factor": 0.0001, "valid_range": [-2000, 10000], "_FillValue": -28672, "long_name": "Vegetation index", "units": "1"}
    anomaly = ((FIELD - 2) * 0.5).astype("f4")
    temperature = {"standard_name": "air_temperature", "units": "K", "long_name": "Temperature at 2 m"}
    kelvin = (280 + FIELD).astype("f4")
    return {
        "cover": (cover, TEXTS),
        "cover-and-floats": (cover | {"height": ((FIELD * 1.5).astype("f4"), {"units": "m"}, nan)}, {}),
        "long-names": (
            {
                name: (kelvin, {"units": "K", "long_name": f"{of} of the normalised difference of two long names"}, nan)
                for name, of in [("p50", "Median"), ("p90", "90th percentile")]
            },
            {},
        ),
        "quality": ({"quality": (FIELD.astype("u1"), bits, 0)}, {}),
        "vegetation": ({"ndvi": (vegetation, index, -28672)}, {}),
        "warmer": ({"tas": (anomaly, {"units": "K", "long_name": "Temperature anomaly"}, nan)}, {}),
        "rain": ({"pr": ((10.0 ** (FIELD - 10) * (FIELD > 0)).astype("f4"), {"units": "kg m-2 s-1", "long_name": "Rain"}, nan)}, {}),
        "wind": ({"wd": ((FIELD * 30).astype("f4"), {"units": "degree", "standard_name": "wind_from_direction"}, nan)}, {}),
        "summaries": (
            {
                "low": (kelvin, temperature | {"cell_methods": "time: minimum"}, nan),
                "high": (kelvin + 5, temperature | {"cell_methods": "time: maximum (interval: 1 hour)"}, nan),
            },
            {},
        ),
    }
