"""Every combination of type, codecs, chunks and axes, written by Python and read by the viewer's reader: every number is equal."""

import itertools
import tempfile
import unittest

import numpy as np

import matrix
import reader
import refused

CODES = {1: "u1", 2: "<u2", 4: "<u4"}
NAN = 0x7FC00000


def codes(values):
    """What is drawn of numbers: those of 8 and 16 bits counted from the least, of all others the bits of a float of 32 bits."""
    if values.dtype.itemsize <= 2:
        unsigned = np.dtype(f"u{values.dtype.itemsize}")
        sign = unsigned.type(1 << (values.dtype.itemsize * 8 - 1)) if values.dtype.kind == "i" else unsigned.type(0)
        return values.view(unsigned) ^ sign
    with np.errstate(over="ignore"):
        floats = values.astype("f8").astype("<f4")
    return np.where(np.isnan(floats), NAN, floats.view("<u4"))


def problems_of(reading, data_type, axis, place):
    """Sentences about what is not as it was written."""
    rank = 2 if matrix.AXES[axis] is None else 3
    expected = codes(matrix.numbers(data_type, rank)).reshape(-1, matrix.ROWS, matrix.COLS)
    described = reading.description["variables"]
    if sorted(about["name"] for about in described) != sorted(matrix.ARRAYS) or reading.left_out:
        yield f"{len(described)} variables, left out: {reading.left_out}"
    known = {about["name"]: about["labels"] for about in reading.axes}
    if known != ({} if rank == 2 else {matrix.AXES[axis][0]: matrix.AXES[axis][3]}):
        yield f"axes {known}"
    (lat, lon), width = matrix.PLACES[place], reading.description["code_bytes"]
    for index, about in enumerate(described):
        (level,) = reading.description["grids"][about["grid"]]
        for first, step, centres in ((level["first_lat"], level["dlat"], lat), (level["west"], level["degrees"], lon)):
            found = first + step * (np.arange(len(centres)) + 0.5)
            if not np.allclose(found, centres, rtol=0, atol=1e-9):
                yield f"{about['name']}: centres {found} instead of {centres}"
        is_exact = width <= 2
        least = float(np.iinfo(data_type).min) if is_exact else 0.0
        if (about["scale"], about["offset"]) != (1, least):
            yield f"{about['name']}: scale {about['scale']}, offset {about['offset']}"
        if about["missing"] != (1 << 16 if is_exact else NAN):
            yield f"{about['name']}: the code of no data is {about['missing']}"
        for plane, numbers in enumerate(expected):
            found = reading.plane_codes(index, plane).view(CODES[width]).reshape(numbers.shape)
            are_equal = found == numbers
            if not is_exact:
                # Of zero the sign may be lost.
                are_equal |= found.view("<f4") == numbers.view("<f4")
            wrong = np.argwhere(~are_equal)
            if len(wrong):
                row, col = wrong[0]
                yield f"{about['name']}, plane {plane}: {len(wrong)} numbers, as {found[row, col]} instead of {numbers[row, col]}"


def check(data_type, axes):
    """Writes and reads a type along some axes of one rank; gives how many arrays were compared, and the problems."""
    count, problems = 0, []
    with tempfile.TemporaryDirectory(prefix="floe-matrix-") as directory:
        rank = 2 if matrix.AXES[axes[0]] is None else 3
        repository = matrix.write(directory, data_type, rank)
        for axis, place in itertools.product(axes, matrix.PLACES):
            branch = matrix.lay_out(repository, axis, place)
            found = problems_of(reader.read(directory, f"branch:{branch}"), data_type, axis, place)
            problems += [f"{data_type}, {axis}, {place}: {problem}" for problem in found]
            count += len(matrix.ARRAYS)
    return count, problems


class Matrix(unittest.TestCase):
    def test_every_number_of_every_combination_is_the_one_that_was_written(self):
        flat = [axis for axis, about in matrix.AXES.items() if about is None]
        deep = [axis for axis in matrix.AXES if axis not in flat]
        tasks = [(data_type, axes) for axes in (deep, flat) for data_type in matrix.TYPES]
        count = 0
        with matrix.processes() as pool:
            for (data_type, axes), (compared, problems) in zip(tasks, pool.map(check, *zip(*tasks))):
                with self.subTest(type=data_type, axes=axes):
                    self.assertEqual(problems[:10], [], f"and {len(problems)} in all")
                count += compared
        everything = [matrix.TYPES, matrix.CODECS, matrix.CHUNKS, matrix.AXES, matrix.PLACES]
        self.assertEqual(count, np.prod([len(choices) for choices in everything]))


class Refusals(unittest.TestCase):
    def test_what_the_map_cannot_show_is_refused_by_its_name_with_what_was_expected_and_found(self):
        for name, (options, sentence) in refused.stores().items():
            with self.subTest(store=name), tempfile.TemporaryDirectory(prefix="floe-matrix-") as directory:
                refused.write(directory, {"": options})
                self.assertIn(sentence, reader.refusal(directory))

    def test_what_the_map_cannot_show_is_left_out_of_a_store_by_the_same_sentence(self):
        groups, sentences = refused.together()
        with tempfile.TemporaryDirectory(prefix="floe-matrix-") as directory:
            refused.write(directory, groups)
            reading = reader.read(directory)
        self.assertEqual([about["name"] for about in reading.description["variables"]], ["t"])
        for name, sentence in sentences.items():
            with self.subTest(array=name):
                self.assertTrue(any(sentence in found for found in reading.left_out), f"{sentence} in {reading.left_out}")
        self.assertEqual(len(reading.left_out), len(sentences))


if __name__ == "__main__":
    unittest.main()
