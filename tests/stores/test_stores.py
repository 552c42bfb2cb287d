"""The viewer's reader over stores that others write: every pixel is what xarray reads."""

import json
import os
import pathlib
import unittest

import icechunk
import numpy as np

import reader
import stores

icechunk.set_logs_filter("error")
DIRECTORY = pathlib.Path(os.environ["FLOE_FOREIGN_STORES"])
TYPES = {1: "<u1", 2: "<u2", 4: "<u4"}


def listed(name):
    return json.loads((DIRECTORY / f"{name}.json").read_text())


class Stores(unittest.TestCase):
    def test_every_pixel_has_the_value_that_xarray_reads(self):
        for name, about in listed("shown").items():
            with self.subTest(store=name):
                expected = dict(stores.variables(DIRECTORY / name, not about["told"]))
                reading = reader.read(DIRECTORY / name)
                described = reading.description["variables"]
                self.assertEqual([variable["name"] for variable in described], list(expected))
                for place, variable in enumerate(described):
                    array = expected[variable["name"]]
                    axes = [reading.axes[axis] for axis in variable["axes"]]
                    known = {axis["name"]: axis["labels"] for axis in axes}
                    self.assertEqual(known, about["labels"][variable["name"]])
                    further = [axis["name"] for axis in axes]
                    right = array.transpose(*further, *stores.map_dims(array)).values
                    right = right.reshape(-1, *right.shape[-2:]).astype("f8")
                    for plane, right in enumerate(right):
                        # What is drawn of a float has 24 bits.
                        np.testing.assert_allclose(physical(reading, place, plane), right, rtol=2e-7, atol=1e-12)

    def test_what_is_not_drawn_is_told_by_name(self):
        reading = reader.read(DIRECTORY / "side-by-side")
        (sentence,) = reading.left_out
        self.assertIn("'/half': expected data_type to be an integer of 8 to 64 bits, float32 or float64", sentence)

    def test_what_cannot_be_shown_right_is_refused_in_a_sentence(self):
        for name, sentence in listed("refused").items():
            with self.subTest(store=name):
                self.assertIn(sentence, reader.refusal(DIRECTORY / name))


def physical(reading, variable, plane):
    """What the codes of a plane stand for."""
    level, width = reading.levels[0], reading.description["code_bytes"]
    about = reading.description["variables"][variable]
    codes = reading.plane_codes(variable, plane).view(TYPES[width]).reshape(level["rows"], level["cols"])
    numbers = codes.view("<f4") if width == 4 else codes
    values = numbers.astype("f8") * about["scale"] + about["offset"]
    if about["classes"]:
        # Codes are places in the list, counted from 1.
        places = np.where(codes == about["missing"], 1, np.nan_to_num(values)).astype("i8") - 1
        values = np.array(about["classes"])[places]
    lacking = (codes == about["missing"]) | (codes < about["lowest"]) | (codes > about["highest"])
    return np.where(lacking, np.nan, values)


if __name__ == "__main__":
    unittest.main()
