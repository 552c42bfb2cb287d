"""The viewer's reader over stores whose pixels lie in other places: every pixel is what was written, and lies where its coordinates say."""

import json
import os
import pathlib
import unittest

import numpy as np

import reader
import space

DIRECTORY = pathlib.Path(os.environ["FLOE_SPACE_STORES"])


def edges(level):
    """Latitudes and longitudes of the centres of a level's pixels, by what the reader says."""
    lat = level["first_lat"] + level["dlat"] * (np.arange(level["rows"]) + 0.5)
    return lat, level["west"] + level["degrees"] * (np.arange(level["cols"]) + 0.5)


class Space(unittest.TestCase):
    def test_pixels_lie_where_the_coordinates_say_and_hold_what_was_written(self):
        for name, levels in json.loads((DIRECTORY / "space.json").read_text()).items():
            with self.subTest(store=name):
                reading = reader.read(DIRECTORY / name)
                self.assertEqual(len(reading.levels), len(levels))
                for index, (level, told) in enumerate(zip(reading.levels, levels)):
                    self.assertEqual(level["mercator"], told["mercator"])
                    lat, lon = edges(level)
                    # Of floats of 32 bits no more can be asked.
                    np.testing.assert_allclose(lat, told["lat"], rtol=0, atol=2e-5)
                    turned = (np.asarray(lon) - told["lon"] + 180) % 360 - 180
                    np.testing.assert_allclose(turned, 0, atol=2e-5)
                    for year, more in ((2020, 0), (2021, 300)):
                        codes = reading.codes("level", year, index).view("<u2")
                        expected = space.numbers(index, level["rows"], level["cols"]) + more
                        np.testing.assert_array_equal(codes.reshape(level["rows"], level["cols"]), expected)

    def test_what_cannot_be_placed_is_refused_in_a_sentence(self):
        for name, sentence in json.loads((DIRECTORY / "elsewhere.json").read_text()).items():
            # What does not lie over each other the map refuses, not the reader.
            if not name.startswith("level-"):
                with self.subTest(store=name):
                    self.assertIn(sentence, reader.refusal(DIRECTORY / name))


if __name__ == "__main__":
    unittest.main()
