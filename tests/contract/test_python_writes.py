"""Stores that Python has written in its own ways, read by the viewer's reader."""

import pathlib
import shutil
import tempfile
import unittest

import icechunk
import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BytesCodec, Crc32cCodec, TransposeCodec, ZstdCodec
from zarr.codecs.numcodecs import LZMA

import reader

# That a local store is not safe by itself is known; nothing else writes here.
icechunk.set_logs_filter("error")

YEARS, ROWS, COLS = [2019, 2020, 2022], 90, 180


def numbers():
    """Digital numbers with holes: whole chunks, rows and single pixels without data."""
    random = np.random.default_rng(7)
    values = random.integers(7500, 65536, (len(YEARS), ROWS, COLS), dtype=np.uint16)
    values[:, :, 60:90] = 0
    values[1, 10:20] = 0
    values[2] = 0
    values[random.random(values.shape) < 0.1] = 0
    return values


class PythonWrites(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="floe-contract-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.values = {"avg_daytime_lst": numbers(), "max_daytime_lst": numbers()[:, ::-1].copy()}

    def create(self, **config):
        configuration = icechunk.RepositoryConfig.default()
        for name, value in config.items():
            setattr(configuration, name, value)
        storage = icechunk.local_filesystem_storage(self.directory)
        return icechunk.Repository.create(storage, configuration)

    def write(self, repository, message="written", **array):
        """Writes both variables by Zarr with the given options of `create_array`, and commits."""
        session = repository.writable_session("main")
        root = zarr.create_group(session.store, overwrite=True)
        axes = {
            "year": np.array(YEARS, dtype=np.int32),
            "latitude": 90 - (np.arange(ROWS) + 0.5) * 180 / ROWS,
            "longitude": -180 + (np.arange(COLS) + 0.5) * 360 / COLS,
        }
        for name, values in axes.items():
            axis = root.create_array(name, shape=values.shape, dtype=values.dtype, dimension_names=[name])
            axis[:] = values
        for name, values in self.values.items():
            stored = root.create_array(
                name,
                shape=values.shape,
                dtype=values.dtype,
                fill_value=0,
                dimension_names=list(axes),
                attributes={"scale_factor": 0.02, "units": "K", "_FillValue": 0},
                **array,
            )
            stored[:] = values
        return session.commit(message)

    def check(self, *reference):
        reading = reader.read(self.directory, *reference)
        self.assertEqual(reading.years, YEARS)
        for variable, values in self.values.items():
            for place, year in enumerate(YEARS):
                np.testing.assert_array_equal(reading.plane(variable, year), values[place])
        return reading

    def test_chunks_that_do_not_divide_the_grid(self):
        self.write(self.create(), chunks=(1, 32, 50))
        self.assertEqual(self.check().levels[0]["chunk"], [32, 50])

    def test_several_years_in_a_chunk(self):
        self.write(self.create(), chunks=(2, 45, 45))
        self.check()

    def test_every_level_of_zstd_with_and_without_checksum(self):
        repository = self.create()
        for level in (-5, 0, 1, 3, 9, 19, 22):
            with self.subTest(level=level):
                compressor = ZstdCodec(level=level, checksum=level % 2 == 1)
                self.write(repository, chunks=(1, 45, 60), compressors=[compressor])
                self.check()

    def test_no_compression_a_checksum_big_endian_and_another_order_of_axes(self):
        repository = self.create()
        for options in (
            {"compressors": None},
            {"compressors": [ZstdCodec(level=3), Crc32cCodec()]},
            {"serializer": BytesCodec(endian="big"), "compressors": [ZstdCodec(level=1)]},
            {"filters": [TransposeCodec(order=(2, 0, 1))], "compressors": [ZstdCodec(level=1)]},
        ):
            with self.subTest(options=options):
                self.write(repository, chunks=(1, 45, 60), **options)
                self.check()

    def test_shards(self):
        repository = self.create()
        for shards, chunks in (((1, 90, 180), (1, 30, 45)), ((3, 60, 90), (1, 20, 30))):
            with self.subTest(shards=shards):
                self.write(repository, shards=shards, chunks=chunks)
                self.assertEqual(self.check().levels[0]["chunk"], list(chunks[1:]))

    def test_chunks_within_the_manifest(self):
        repository = self.create(inline_chunk_threshold_bytes=60_000)
        self.write(repository, chunks=(1, 30, 45))
        self.assertEqual(list(pathlib.Path(self.directory).glob("chunks/*")), [], "all of them are inline")
        self.check()

    def test_xarray_with_its_own_encoding(self):
        repository = self.create()
        session = repository.writable_session("main")
        kelvin = {
            name: (("year", "latitude", "longitude"), np.where(values == 0, np.nan, values * 0.02))
            for name, values in self.values.items()
        }
        coordinates = {
            "year": np.array(YEARS),
            "latitude": 90 - (np.arange(ROWS) + 0.5) * 180 / ROWS,
            "longitude": -180 + (np.arange(COLS) + 0.5) * 360 / COLS,
        }
        encoding = {
            name: {"dtype": "uint16", "scale_factor": 0.02, "_FillValue": 0, "chunks": (1, 45, 45)}
            for name in self.values
        }
        dataset = xr.Dataset(kelvin, coordinates)
        dataset.to_zarr(session.store, consolidated=False, zarr_format=3, encoding=encoding)
        session.commit("by xarray")
        self.check()

    def test_branches_tags_and_snapshots(self):
        repository = self.create()
        first = self.write(repository, chunks=(1, 45, 60))
        repository.create_tag("v1", first)
        before = {name: values.copy() for name, values in self.values.items()}
        for values in self.values.values():
            values[0, 0, 0] = 12345
        second = self.write(repository, chunks=(1, 45, 60))
        repository.create_branch("other", second)
        self.check()
        self.check("branch:other")
        self.values = before
        self.check("tag:v1")
        self.check(f"snapshot:{first}")
        self.assertIn("the repository has no branch nowhere; it has main, other", reader.refusal(self.directory, "branch:nowhere"))

    def test_what_the_map_cannot_show_is_named(self):
        repository = self.create()
        self.write(repository, chunks=(1, 45, 60), compressors=[LZMA()])
        self.assertIn("codec 'numcodecs.lzma' is not supported", reader.refusal(self.directory))
        self.values = {name: values.astype(np.float16) for name, values in self.values.items()}
        self.write(repository, chunks=(1, 45, 60))
        self.assertIn("expected data_type to be an integer", reader.refusal(self.directory))

    def test_a_virtual_chunk_on_the_writers_disk_is_named(self):
        location = f"file://{self.directory}/"
        configuration = icechunk.RepositoryConfig.default()
        configuration.set_virtual_chunk_container(
            icechunk.VirtualChunkContainer(location, icechunk.local_filesystem_store(self.directory))
        )
        storage = icechunk.local_filesystem_storage(self.directory)
        repository = icechunk.Repository.create(
            storage, configuration, authorize_virtual_chunk_access={location: icechunk.credentials.LocalFileSystemAccess}
        )
        self.write(repository, chunks=(1, 90, 180), compressors=None)
        session = repository.writable_session("main")
        session.store.set_virtual_ref(
            "avg_daytime_lst/c/0/0/0", f"{location}plane.bin", offset=0, length=ROWS * COLS * 2
        )
        session.commit("virtual")
        self.assertIn("it lies on the writer's own disk", reader.refusal(self.directory))


if __name__ == "__main__":
    unittest.main()
